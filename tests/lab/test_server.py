"""A real server lasts as long as its block, whatever happens in it, and nothing of it is left."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from todo_lib.async_app.main import app as async_app
from todo_lib.lab import server as server_module
from todo_lib.lab.server import serve
from todo_lib.sync_app.main import app as sync_app

APPS = {"sync": sync_app, "async": async_app}
TASK = {"name": "buy bread", "priority": 1, "due_date": str(date.today() + timedelta(days=1))}


def listens(url: httpx.URL) -> bool:
    """Return whether somebody takes connections at this address."""
    with socket.socket() as client:
        return client.connect_ex((url.host, url.port)) == 0


def tasks() -> list[str]:
    """Return the names of all tasks but this one's."""
    return sorted(task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()})


@pytest.fixture(autouse=True)
def quiet(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail the test in which the server writes or logs anything, or which leaves the log as it was not."""
    logger = logging.getLogger("uvicorn.error")
    before = (logger.level, logger.handlers[:], logger.propagate)
    yield
    assert (logger.level, logger.handlers, logger.propagate) == before
    assert [record.getMessage() for record in caplog.get_records("call")] == []
    assert capfd.readouterr() == ("", "")


def app_with(begin: Callable[[], Any] = lambda: None, end: Callable[[], Any] = lambda: None) -> FastAPI:
    """Return an application that calls these when it starts and stops, and awaits what they return."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            await (begin() or asyncio.sleep(0))
            yield
        finally:
            await (end() or asyncio.sleep(0))

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    async def answer() -> str:
        return "here"

    @app.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(60)
        return "late"

    @app.get("/stubborn")
    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            app.state.cancelled.set_result(True)
            await asyncio.sleep(0.2)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("no answer")

    return app


def fails() -> None:
    """Raise what an application might raise."""
    raise RuntimeError("no database")


# -- what it does --------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_both_apps_over_http(style: str, url: str) -> None:
    """The course's apps keep their tasks where the environment says, and any client can reach them."""
    async with serve(APPS[style]) as client:
        saved = (await client.post("/api/todo/", json=TASK)).json()
        assert (await client.get(f"/api/todo/{saved['id']}")).json() == saved
        assert client.base_url.host == "127.0.0.1"
        async with httpx.AsyncClient() as browser:
            assert "<html" in (await browser.get(f"{client.base_url}/dashboard")).text
        assert listens(client.base_url)
        assert "uvicorn" in tasks()
    assert not listens(client.base_url)
    assert tasks() == []
    assert client.is_closed


@pytest.mark.asyncio
async def test_the_environment_is_set_while_the_app_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only then; afterwards it is as before."""
    monkeypatch.setenv("TODO_DATABASE_URL", "before")
    monkeypatch.delenv("TODO_OTHER", raising=False)
    seen: list[Any] = []

    def note() -> None:
        seen.append((os.environ["TODO_DATABASE_URL"], os.environ.get("TODO_OTHER")))

    async with serve(app_with(note, note), env={"TODO_DATABASE_URL": "ours", "TODO_OTHER": "too"}):
        note()
    assert seen == [("ours", "too"), ("before", None), ("before", None)]
    with pytest.raises(RuntimeError, match="no database"):
        async with serve(app_with(fails), env={"TODO_DATABASE_URL": "ours"}):
            pass
    assert os.environ["TODO_DATABASE_URL"] == "before"


@pytest.mark.asyncio
async def test_two_servers_at_once() -> None:
    """Each has its own port and its own lifespan."""
    ends: list[str] = []
    async with serve(app_with(end=lambda: ends.append("first"))) as first:
        async with serve(app_with(end=lambda: ends.append("second"))) as second:
            assert first.base_url.port != second.base_url.port
            assert (await first.get("/")).json() == (await second.get("/")).json() == "here"
        assert ends == ["second"]
        assert listens(first.base_url)
        assert not listens(second.base_url)
    assert ends == ["second", "first"]


@pytest.mark.asyncio
async def test_a_proxy_in_the_environment_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A classroom may have one; it knows nothing of this machine's ports."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with serve(app_with()) as client:
        assert (await client.get("/")).json() == "here"
        async with httpx.AsyncClient() as other:
            with pytest.raises(httpx.ConnectError):
                await other.get(client.base_url)


@pytest.mark.asyncio
async def test_signals_are_left_alone() -> None:
    """Uvicorn takes Ctrl+C for itself, unless it is stopped from doing so."""
    before = signal.getsignal(signal.SIGINT)
    async with serve(app_with()):
        assert signal.getsignal(signal.SIGINT) is before
    with uvicorn.Server(uvicorn.Config(app_with(), log_config=None)).capture_signals():
        assert signal.getsignal(signal.SIGINT) is not before, "otherwise this test would prove nothing"


@pytest.mark.asyncio
async def test_an_app_without_a_lifespan() -> None:
    """It is served all the same, and that it refuses the lifespan is no failure."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async with serve(app) as client:
        assert (await client.get("/")).status_code == 204


@pytest.mark.asyncio
async def test_what_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The error of an endpoint, and nothing else; with `log_level`, not even that."""
    async with serve(app_with(), log_level="critical") as client:
        assert (await client.get("/broken")).status_code == 500
    assert caplog.messages == []
    async with serve(app_with()) as client:
        assert (await client.get("/broken")).status_code == 500
        assert (await client.get("/")).status_code == 200
    assert [message.strip() for message in caplog.messages] == ["Exception in ASGI application"]
    caplog.clear()


# -- what goes wrong -----------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_an_app_that_does_not_start() -> None:
    """Its own error is raised, at once, and not logged as well; uvicorn's SystemExit goes nowhere."""
    with pytest.raises(RuntimeError, match="no database"):
        async with asyncio.timeout(5), serve(app_with(fails)):
            pytest.fail("the block must not run")
    assert tasks() == []


@pytest.mark.asyncio
async def test_an_app_that_does_not_stop_well() -> None:
    """Its error is raised after the block; an error of the block itself is the one that counts."""
    with pytest.raises(RuntimeError, match="no database"):
        async with serve(app_with(end=fails)) as client:
            assert (await client.get("/")).json() == "here"
    assert not listens(client.base_url)
    with pytest.raises(ZeroDivisionError):
        async with serve(app_with(end=fails)):
            raise ZeroDivisionError
    assert tasks() == []


@pytest.mark.asyncio
async def test_an_error_in_the_block() -> None:
    """The application stops as it should, and the error goes on."""
    ended: list[bool] = []
    with pytest.raises(ZeroDivisionError):
        async with serve(app_with(end=lambda: ended.append(True))) as client:
            raise ZeroDivisionError
    assert ended == [True]
    assert not listens(client.base_url)
    assert tasks() == []


@pytest.mark.asyncio
@pytest.mark.parametrize(("times", "pause"), [(1, 0), (2, 0.01), (2, 0.15), (3, 0.1)])
async def test_the_block_is_cancelled(times: int, pause: float) -> None:
    """Once, and again before and while the server shuts down: nothing is left, and the task is cancelled."""
    url = asyncio.get_running_loop().create_future()
    ended: list[bool] = []

    async def end() -> None:
        await asyncio.sleep(0.3)
        ended.append(True)

    async def cell() -> None:
        async with serve(app_with(end=end)) as client:
            url.set_result(client.base_url)
            await client.get("/slow")

    task = asyncio.create_task(cell())
    await url
    browser, writer = await asyncio.open_connection(url.result().host, url.result().port)
    await asyncio.sleep(0.05)
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(pause)
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(2):
        assert await browser.read() == b"", "a connection that somebody else has opened is closed"
    writer.close()
    await writer.wait_closed()
    assert not listens(url.result())
    assert tasks() == []
    assert ended == [True], "the application closed what it had opened"


@pytest.mark.asyncio
async def test_cancelled_while_the_app_starts_or_stops_forever() -> None:
    """Nothing waits for an application that never comes to an end."""

    async def forever() -> None:
        await asyncio.sleep(60)

    for app in (app_with(begin=forever), app_with(end=forever)):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.6), serve(app):
                pass
        assert tasks() == []


@pytest.mark.asyncio
async def test_a_request_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has some seconds to finish; then it is cancelled, and the server stops."""
    monkeypatch.setattr(server_module, "GRACE", 0.1)
    async with serve(app_with()) as client:
        request = asyncio.create_task(client.get("/slow"))
        await asyncio.sleep(0.1)
    await asyncio.wait([request])
    assert not listens(client.base_url)
    assert tasks() == []
    with pytest.raises(httpx.HTTPError):
        request.result()


@pytest.mark.asyncio
async def test_cancelled_while_the_last_request_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request may close what it has opened, and the task is cancelled all the same."""
    monkeypatch.setattr(server_module, "GRACE", 0.3)
    app = app_with()
    app.state.cancelled = asyncio.get_running_loop().create_future()
    requests: list[asyncio.Task[Any]] = []

    async def cell() -> None:
        async with serve(app) as client:
            requests.append(asyncio.create_task(client.get("/stubborn")))
            await asyncio.sleep(0.1)

    task = asyncio.create_task(cell())
    await app.state.cancelled
    await asyncio.sleep(0.05)  # less than the request still needs
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait(requests)
    requests[0].exception()
    assert tasks() == []
