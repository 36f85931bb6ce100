"""The application as a server runs it: with its lifespan, its own `get_db`, its own engine."""

import asyncio
import contextlib
import inspect
import sqlite3
import threading
from datetime import date, timedelta

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient
from sqlalchemy import Engine, event
from todo_app import database as database_module
from todo_app import main
from todo_app.routers import todo

TASK = {"name": "buy bread", "priority": 1, "due_date": str(date.today() + timedelta(days=1)), "done": False}


@pytest.fixture
def database(tmp_path, monkeypatch):
    """Name the file that the application shall use."""
    file = tmp_path / "application.db"
    monkeypatch.setenv("TODO_DATABASE_URL", f"sqlite+aiosqlite:///{file.as_posix()}")
    return file


@pytest.fixture
def engines():
    """Collect every engine that talks to a database."""
    used = []
    listener = lambda connection: used.append(connection.engine)
    event.listen(Engine, "engine_connect", listener)
    yield used
    event.remove(Engine, "engine_connect", listener)


@pytest_asyncio.fixture
async def client(database):
    """Start the application as a server does, and stop it afterwards."""
    async with (
        main.app.router.lifespan_context(main.app),
        AsyncClient(transport=ASGITransport(main.app), base_url="http://test") as client,
    ):
        yield client


@pytest.mark.asyncio
async def test_requests_share_one_engine(engines, client):
    """One engine serves them all, one after the other or together."""
    for _ in range(3):
        assert (await client.get("/api/todo/")).status_code == 200
    await asyncio.gather(*(client.get("/api/todo/") for _ in range(5)))
    assert len({id(engine) for engine in engines}) == 1, "engines used by the start and these eight requests"


@pytest.mark.asyncio
async def test_the_environment_names_the_database(database, client):
    """The application starts on the database that it is told."""
    assert database.exists(), "TODO_DATABASE_URL names a database, and the application opened another one"


def test_endpoints_run_in_the_event_loop():
    """A plain `def` would run in a thread of its own, in another loop than the engine."""
    endpoints = [*(route.endpoint for route in todo.router.routes), main.dashboard]
    plain = [each.__name__ for each in endpoints if not inspect.iscoroutinefunction(each)]
    assert not plain, f"plain def: {', '.join(plain)}"


def test_nothing_is_left_of_the_synchronous_factory():
    """Nobody needs it any more."""
    assert not hasattr(database_module, "create_session_factory"), "create_session_factory is still there"


@pytest.mark.asyncio
async def test_a_task_is_saved_before_the_answer_comes(database, client):
    """Whoever is told 201 finds the row, with any other program."""
    response = await client.post("/api/todo/", json=TASK)
    assert response.status_code == 201
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT name FROM tasks").fetchall() == [("buy bread",)]


@pytest.mark.asyncio
async def test_the_dashboard_counts(client):
    """Through the application's own database."""
    await client.post("/api/todo/", json=TASK)
    page = (await client.get("/dashboard")).text
    assert '<dd id="total">1</dd>' in page


@pytest.mark.asyncio
async def test_nothing_is_left_when_the_application_stops(database):
    """No connection, so no thread of aiosqlite either."""
    before = set(threading.enumerate())
    async with (
        main.app.router.lifespan_context(main.app),
        AsyncClient(transport=ASGITransport(main.app), base_url="http://test") as client,
    ):
        await client.get("/api/todo/")
    assert connections_since(before) == 0, "connections left open"


@pytest.mark.asyncio
async def test_a_start_that_fails_leaves_nothing(database, monkeypatch):
    """What was opened is closed, whatever happens in between."""
    create = main.create_tables

    async def create_and_fail(factory):
        await create(factory)
        raise OSError("the start fails here, on purpose")

    monkeypatch.setattr(main, "create_tables", create_and_fail)
    before = set(threading.enumerate())
    with pytest.raises(OSError, match="on purpose"):
        async with main.app.router.lifespan_context(main.app):
            pass
    assert connections_since(before) == 0, "connections left open"


def connections_since(before):
    """Return how many threads of aiosqlite there are more than before: it has one for each connection."""
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=1)
    left = [thread for thread in set(threading.enumerate()) - before if thread.is_alive()]
    return len([thread for thread in left if not thread.name.startswith(("asyncio_", "AnyIO"))])
