"""The database fails while the app runs: a clear answer, nothing half written, and no restart is needed."""

import asyncio
import gc
import os
import subprocess
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlalchemy import make_url

from tests.app.real_server import SERVER_TIMEOUT
from tests.app.test_server import TASKS, client_of, started, stored_names, task
from todo_lib import sqlite
from todo_lib.course.contract.harness import OTHERS_END
from todo_lib.lab.db import postgres

REPOSITORY = os.geteuid() == 0 if hasattr(os, "geteuid") else False
LONG = "x" * 90


@asynccontextmanager
async def running(style: str) -> AsyncIterator[httpx.AsyncClient]:
    """Start one app; give a client that sees a server's error as an answer."""
    async with started(style) as app, client_of(app) as client:
        yield client


async def fill(client: httpx.AsyncClient, limit: int = 2_000) -> list[str]:
    """Create tasks until that fails; return the places of those that were acknowledged."""
    places = []
    for number in range(limit):
        answer = await client.post(TASKS, json=task(f"{number:05} {LONG}"))
        if answer.status_code != 201:
            assert answer.status_code == 500, answer.text
            assert len(places) > 10
            return places
        places.append(answer.headers["location"])
    pytest.fail(f"still room after {limit} tasks")


async def make_room(client: httpx.AsyncClient, places: list[str]) -> None:
    """Delete; then creating works again."""
    for place in places:
        assert (await client.delete(place)).status_code == 204
    assert (await client.post(TASKS, json=task("room again"))).status_code == 201


@pytest.mark.asyncio
@pytest.mark.usefixtures("url")
async def test_a_quota_that_is_used_up(style: str, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite may use ten pages and no more."""
    monkeypatch.setattr(sqlite, "PRAGMAS", (*sqlite.PRAGMAS, "PRAGMA max_page_count = 10"))
    async with running(style) as client:
        places = await fill(client)
        assert [name[:5] for name in stored_names(database)] == [f"{n:05}" for n in range(len(places))]
        assert (await client.get(TASKS)).status_code == 200
        assert (await client.put(places[0], json=task("changed"))).status_code in {200, 500}
        await make_room(client, places)
    assert stored_names(database) == ["room again"]


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Put a disk of 400 kB into the place of a folder."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", folder], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let us mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.asyncio
@pytest.mark.skipif(not REPOSITORY, reason="only root can mount a small disk; the quota is tested everywhere")
async def test_a_disk_that_is_full(style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was acknowledged is there; room comes back when the disk is cleaned up."""
    folder = tmp_path / "disk"
    folder.mkdir()
    driver = {"sync": "sqlite", "async": "sqlite+aiosqlite"}[style]
    monkeypatch.setenv("TODO_DATABASE_URL", f"{driver}:///{folder.as_posix()}/todo.db")
    with small_disk(folder):
        ballast = folder / "ballast"
        ballast.write_bytes(bytes(100_000))
        async with running(style) as client:
            places = await fill(client)
            assert [name[:5] for name in stored_names(folder / "todo.db")] == [
                f"{number:05}" for number in range(len(places))
            ]
            assert (await client.get(TASKS)).status_code == 200
            ballast.unlink()
            assert (await client.post(TASKS, json=task("room again"))).status_code == 201
        assert stored_names(folder / "todo.db")[len(places) :] == ["room again"]


def read_only(paths: list[Path], on: bool) -> None:
    """Forbid writing to files; root is not stopped by their permissions, but by this attribute."""
    if REPOSITORY:
        subprocess.run(["chattr", "+i" if on else "-i", *paths], check=True)
    else:
        for path in paths:
            path.chmod(0o444 if on else 0o644)


@pytest.fixture
def write_protect(database: Path) -> Iterator[Callable[[bool], None]]:
    """Give a switch for the protection of this test's database; it is off at the end."""

    def switch(on: bool) -> None:
        read_only([path for path in database.parent.glob("todo.db*") if not path.name.endswith("-shm")], on)

    yield switch
    switch(False)


@pytest.mark.asyncio
@pytest.mark.usefixtures("url")
async def test_a_file_that_is_read_only_for_a_while(
    style: str, database: Path, write_protect: Callable[[bool], None]
) -> None:
    """Reading works, writing is no success; when the file can be written again, the app writes."""
    async with running(style) as client:
        assert (await client.post(TASKS, json=task("before"))).status_code == 201
    write_protect(True)
    async with running(style) as client:
        for _ in range(3):
            assert [each["name"] for each in (await client.get(TASKS)).json()] == ["before"]
            assert (await client.post(TASKS, json=task("never"))).status_code == 500
        write_protect(False)
        assert (await client.post(TASKS, json=task("after"))).status_code == 201
    assert stored_names(database) == ["before", "after"]


WAITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.mark.asyncio
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_server_that_is_gone_in_mid_request(
    driver: str, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL ends every connection while an update waits: no success, no change; the next one works."""
    async with postgres.database(f"postgresql+{driver}", postgres_server) as url:
        monkeypatch.setenv("TODO_DATABASE_URL", url)
        name = make_url(url).database
        administrator = await asyncpg.connect(
            make_url(postgres_server).set(drivername="postgresql", database=name).render_as_string(False)
        )
        async with running("async") as client, asyncio.timeout(SERVER_TIMEOUT):
            place = (await client.post(TASKS, json=task("as it was"))).headers["location"]
            async with administrator.transaction():
                await administrator.execute("LOCK TABLE tasks IN ROW EXCLUSIVE MODE")
                await administrator.execute("SELECT 1 FROM tasks FOR UPDATE")
                update = asyncio.create_task(client.put(place, json=task("changed")))
                while not await administrator.fetchval(WAITS):  # noqa: ASYNC110 (no event tells)
                    await asyncio.sleep(0.01)
                await administrator.execute(OTHERS_END)
                assert (await update).status_code == 500
            assert (await client.get(place)).json()["name"] == "as it was"
            assert (await client.put(place, json=task("changed"))).status_code == 200
        await administrator.close()
    with warnings.catch_warnings(category=ResourceWarning, action="ignore"):
        gc.collect()  # psycopg complains of connections that were ended from the other side
