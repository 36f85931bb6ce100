"""Around the requests: what is committed when, what start and stop leave behind, the apps as real servers."""

# ruff: noqa: D103 (the name of a test is its sentence)

import asyncio
import gc
import sqlite3
import threading
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.app.real_server import SERVER_TIMEOUT, real_server
from tests.conftest import APPS
from todo_lib import sqlite

TASKS = "/api/todo/"


def task(name: str = "water the plants") -> dict[str, Any]:
    """Return the body of a good request."""
    return {"name": name, "priority": 4, "due_date": str(date.today() + timedelta(days=1)), "done": False}


def stored_names(database: Path) -> list[str]:
    """Return what another process would find in the database."""
    with closing(sqlite3.connect(database)) as other:
        return [name for (name,) in other.execute("SELECT name FROM tasks ORDER BY id")]


def client_of(app: ASGIApp) -> httpx.AsyncClient:
    """Return a client that sees a server error as an answer, as a browser does."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://test"
    )


class Witness:
    """Between app and client: note what is stored at the moment when an answer starts."""

    def __init__(self, app: ASGIApp, database: Path) -> None:
        self.app, self.database = app, database
        self.seen: list[tuple[int, list[str]]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does."""

        async def note_and_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.seen.append((message["status"], stored_names(self.database)))
            await send(message)

        await self.app(scope, receive, note_and_send)


@asynccontextmanager
async def started(style: str) -> AsyncIterator[FastAPI]:
    """Start one app, then stop it."""
    app = APPS[style]
    async with app.router.lifespan_context(app):
        yield app


@pytest.mark.asyncio
@pytest.mark.usefixtures("url")
async def test_what_a_client_is_told_has_been_committed_before(style: str, database: Path) -> None:
    async with started(style) as app:
        witness = Witness(app, database)
        async with client_of(witness) as client:
            location = (await client.post(TASKS, json=task("created"))).headers["location"]
            await client.put(location, json=task("changed"))
            await client.delete(location)
    assert witness.seen == [(201, ["created"]), (200, ["changed"]), (204, [])]


def let_commits_fail(database: Path) -> None:
    """Let each change add an orphan that SQLite looks for at the end: INSERT passes, COMMIT fails."""
    with closing(sqlite3.connect(database)) as other:
        other.execute("CREATE TABLE orphans (id REFERENCES tasks (id) DEFERRABLE INITIALLY DEFERRED)")
        for change in ("INSERT", "UPDATE", "DELETE"):
            trigger = f"CREATE TRIGGER fail_{change} AFTER {change} ON tasks"
            other.execute(f"{trigger} BEGIN INSERT INTO orphans VALUES (-1); END")


@pytest.mark.asyncio
@pytest.mark.usefixtures("url")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_commit_that_fails_is_never_a_success(style: str, database: Path, method: str) -> None:
    async with started(style) as app, client_of(app) as client:
        location = (await client.post(TASKS, json=task("as it was"))).headers["location"]
        let_commits_fail(database)
        path, body = (
            (TASKS if method == "POST" else location),
            (None if method == "DELETE" else task("changed")),
        )
        assert (await client.request(method, path, json=body)).status_code == 500
        assert stored_names(database) == ["as it was"]


@pytest.mark.asyncio
@pytest.mark.usefixtures("url")
async def test_after_a_commit_that_failed_the_database_is_free_again(style: str, database: Path) -> None:
    async with started(style) as app, client_of(app) as client:
        location = (await client.post(TASKS, json=task("as it was"))).headers["location"]
        let_commits_fail(database)
        assert (await client.put(location, json=task("changed"))).status_code == 500
        with closing(sqlite3.connect(database, timeout=0)) as other:
            other.execute("UPDATE tasks SET priority = 1")
            other.rollback()
        assert (await client.get(location)).json()["name"] == "as it was"


@pytest.mark.asyncio
@pytest.mark.usefixtures("url")
async def test_while_another_writer_holds_the_database_reading_works_and_writing_is_no_success(
    style: str, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = ("PRAGMA busy_timeout = 50", *(each for each in sqlite.PRAGMAS if "busy_timeout" not in each))
    monkeypatch.setattr(sqlite, "PRAGMAS", impatient)
    async with started(style) as app, client_of(app) as client:
        location = (await client.post(TASKS, json=task("as it was"))).headers["location"]
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert (await client.post(TASKS, json=task("created"))).status_code == 500
            assert (await client.put(location, json=task("changed"))).status_code == 500
            assert (await client.delete(location)).status_code == 500
            assert (await client.get(location)).json()["name"] == "as it was"
            other.execute("ROLLBACK")
        assert (await client.put(location, json=task("changed"))).status_code == 200
    assert stored_names(database) == ["changed"]


@pytest.mark.asyncio
@pytest.mark.usefixtures("url")
async def test_starting_and_stopping_again_and_again_leaves_no_engine(style: str) -> None:
    engines = []
    for name in ("first", "second", "third"):
        async with started(style) as app, client_of(app) as client:
            engine = app.state.session_factory.kw["bind"]
            engines.append(weakref.ref(getattr(engine, "sync_engine", engine)))
            assert (await client.post(TASKS, json=task(f"{name} time"))).status_code == 201
            assert [each["name"] for each in (await client.get(TASKS)).json()][-1] == f"{name} time"
        del engine
    gc.collect()
    assert [engine() for engine in engines] == [None, None, None]


@pytest.mark.asyncio
@pytest.mark.usefixtures("url")
async def test_a_request_to_an_app_that_is_not_running_fails_each_time(style: str) -> None:
    async def ask() -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(APPS[style]), base_url="http://test"
        ) as client:
            with pytest.raises(AttributeError, match="'State' object has no attribute"):
                await client.get(TASKS)

    await ask()
    async with APPS[style].router.lifespan_context(APPS[style]):
        pass
    await ask()


@pytest.mark.asyncio
@pytest.mark.usefixtures("url")
async def test_an_app_that_was_stopped_by_an_error_leaves_no_state(style: str) -> None:
    app = APPS[style]
    with pytest.raises(KeyError, match="from inside"):
        async with app.router.lifespan_context(app):
            raise KeyError("from inside")
    assert not hasattr(app.state, "session_factory")


@pytest.mark.asyncio
async def test_an_app_that_cannot_open_its_database_does_not_start(
    style: str, url: str, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = database.parent / "no such folder" / "todo.db"
    monkeypatch.setenv("TODO_DATABASE_URL", url.replace(database.as_posix(), nowhere.as_posix()))
    threads = set(threading.enumerate())
    with pytest.raises(OperationalError, match="unable to open database file"):
        async with APPS[style].router.lifespan_context(APPS[style]):
            pytest.fail("it started")
    for thread in set(threading.enumerate()) - threads:  # aiosqlite's still tells the event loop its end
        await asyncio.to_thread(thread.join, SERVER_TIMEOUT)
    assert not hasattr(APPS[style].state, "session_factory")


def test_a_server_keeps_its_tasks_in_the_current_folder_and_over_a_restart(
    style: str, tmp_path: Path
) -> None:
    with real_server(style, tmp_path) as client:
        assert client.get("/").json() == {"message": "The minimalistic ToDo API"}
        answer = client.post(TASKS, json=task("over the wire – 你好"))
        assert answer.status_code == 201
        assert answer.headers["location"] == f"{client.base_url}/api/todo/{answer.json()['id']}"
    with real_server(style, tmp_path) as client:
        assert client.get(f"{TASKS}{answer.json()['id']}").json() == answer.json()
        assert client.get(TASKS, params={"q": "WIRE"}).json() == [answer.json()]
        assert '<dd id="total">1</dd>' in client.get("/dashboard").text
        assert client.get("/static/todo.css").status_code == 200
        assert client.delete(f"{TASKS}{answer.json()['id']}").status_code == 204
        assert client.get(TASKS).json() == []
    # The last connection has taken the write-ahead log with it: every connection was closed.
    assert sorted(each.name for each in tmp_path.iterdir()) == ["log.txt", "todo.db"]


def test_a_server_takes_the_database_it_is_told(style: str, url: str, database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with real_server(style, folder, TODO_DATABASE_URL=url) as client:
        assert client.post(TASKS, json=task("somewhere else")).status_code == 201
    assert stored_names(database) == ["somewhere else"]
    assert [each.name for each in folder.iterdir()] == ["log.txt"]
