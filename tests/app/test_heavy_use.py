"""Both apps as real servers under fire: many clients at once, killed while they write, clients that go."""

import asyncio
import os
import signal
import time
from collections import Counter
from pathlib import Path
from threading import Thread

import httpx
import psutil
import pytest

from tests.app.real_server import SERVER_TIMEOUT, real_server
from tests.app.test_server import TASKS, stored_names, task
from tests.conftest import APPS
from todo_lib.lab.db.queries import pool_status
from todo_lib.lab.server import serve

CLIENTS, REQUESTS = 25, 20  # 500 requests


async def one_client(number: int, http: httpx.AsyncClient) -> Counter[str]:
    """Create, read, change, finish and delete; return what this client left: total and done."""
    left: Counter[str] = Counter()
    for turn in range(REQUESTS // 5):
        body = task(f"client {number}, turn {turn}")
        created = await http.post(TASKS, json=body)
        assert created.status_code == 201, created.text
        place = created.headers["location"]
        assert (await http.get(place)).json() == created.json()
        changed = await http.put(place, json=body | {"done": True, "priority": 9})
        assert (changed.status_code, changed.json()["done"]) == (200, True)
        found = await http.get(TASKS, params={"q": body["name"]})
        assert [each["name"] for each in found.json()] == [body["name"]]
        if turn % 2:
            assert (await http.delete(place)).status_code == 204
        else:
            assert (await http.get("/dashboard")).status_code == 200
            left += Counter(total=1, done=1)
    return left


def test_five_hundred_mixed_requests_at_once(style: str, tmp_path: Path) -> None:
    """None fails, none is lost, and the statistics add up."""

    async def all_clients() -> Counter[str]:
        limits = httpx.Limits(max_connections=CLIENTS)
        async with httpx.AsyncClient(
            base_url=base, timeout=SERVER_TIMEOUT, trust_env=False, limits=limits
        ) as http:
            return sum(await asyncio.gather(*(one_client(n, http) for n in range(CLIENTS))), Counter())

    with real_server(style, tmp_path) as client:
        base = str(client.base_url)
        left = asyncio.run(all_clients())
        page = client.get("/dashboard").text
        assert f'<dd id="total">{left["total"]}</dd>' in page
        assert f'<dd id="done">{left["done"]}</dd>' in page
        assert len(client.get(TASKS, params={"limit": 1000}).json()) == left["total"]
    assert len(stored_names(tmp_path / "todo.db")) == left["total"] == CLIENTS * 2


def server_of(client: httpx.Client) -> psutil.Process:
    """Return the process that listens where this client asks."""
    [found] = [
        child
        for child in psutil.Process().children()
        if any(each.laddr.port == client.base_url.port for each in child.net_connections("inet"))
    ]
    return found


def test_what_was_acknowledged_survives_a_kill(style: str, tmp_path: Path) -> None:
    """`kill -9` while it writes: after a restart each answered write is there, whole, and the app works."""
    acknowledged: list[str] = []

    def write(base: httpx.URL, number: int) -> None:
        with httpx.Client(base_url=base, timeout=SERVER_TIMEOUT, trust_env=False) as http:
            for turn in range(10_000):
                try:
                    answer = http.post(TASKS, json=task(f"writer {number}, {turn}"))
                except httpx.TransportError:
                    return
                assert answer.status_code == 201
                acknowledged.append(answer.json()["name"])

    with real_server(style, tmp_path, killed=True) as client:
        writers = [Thread(target=write, args=(client.base_url, number)) for number in range(4)]
        for writer in writers:
            writer.start()
        until = time.monotonic() + SERVER_TIMEOUT
        while len(acknowledged) < 40 and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(server_of(client).pid, signal.SIGKILL)
        for writer in writers:
            writer.join()
    assert len(acknowledged) >= 40
    with real_server(style, tmp_path) as client:
        stored = {each["name"] for each in client.get(TASKS, params={"limit": 1000}).json()}
        assert client.post(TASKS, json=task("afterwards")).status_code == 201
    assert set(acknowledged) <= stored
    assert len(stored) <= len(acknowledged) + len(writers)  # what was under way may be there, or not


async def hang_up(url: httpx.URL, number: int) -> None:
    """Ask for something, wait for a moment, and go away."""
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"GET {TASKS}?q={number} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    await writer.drain()
    await asyncio.sleep(number % 5 * 0.001)
    writer.transport.abort()


@pytest.mark.asyncio
async def test_clients_that_go_away_leave_no_connection_checked_out(style: str, url: str) -> None:
    """Forty hang up in the midst of their request; the pool gets every connection back."""
    async with serve(APPS[style]) as client:
        assert (await client.post(TASKS, json=task())).status_code == 201
        async with asyncio.timeout(SERVER_TIMEOUT):
            await asyncio.gather(*(hang_up(client.base_url, number) for number in range(40)))
            assert (await client.get(TASKS)).status_code == 200
            while pool_status(APPS[style].state.session_factory).checked_out:  # noqa: ASYNC110 (no event tells)
                await asyncio.sleep(0.01)
