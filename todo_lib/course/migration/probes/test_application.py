"""The application as a server runs it: with its lifespan, its own `get_db`, its own engine."""

import asyncio
import contextlib
import inspect
import sqlite3
import threading

import pytest
from sqlalchemy import Engine, MetaData, event
from todo_app import database as database_module
from todo_app import main
from todo_app.routers import todo

from .conftest import TASK, in_days, running


@pytest.fixture
def engines():
    """Collect every engine that talks to a database."""
    used = []
    listener = lambda connection: used.append(connection.engine)
    event.listen(Engine, "engine_connect", listener)
    yield used
    event.remove(Engine, "engine_connect", listener)


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
    pages = [route for route in main.app.routes if getattr(route, "path", "") == "/dashboard"]
    endpoints = [route.endpoint for route in (*todo.router.routes, *pages)]
    plain = [each.__name__ for each in endpoints if not inspect.iscoroutinefunction(each)]
    assert not plain, f"plain def: {', '.join(plain)}"


def test_nothing_is_left_of_the_synchronous_factory():
    """Nobody needs it any more."""
    assert not hasattr(database_module, "create_session_factory"), "create_session_factory is still there"


@pytest.mark.asyncio
async def test_the_dashboard_counts(database, client):
    """All tasks, in the application's own database: more than a page of the list, done and open."""
    await client.post("/api/todo/", json=TASK)
    row = ("number", 1, in_days(1), True, in_days(0))
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.executemany(
            "INSERT INTO tasks (name, priority, due_date, done, created_at) VALUES (?, ?, ?, ?, ?)",
            [row] * 1100,
        )
    page = (await client.get("/dashboard")).text
    for name, count in (("total", 1101), ("open", 1), ("done", 1100)):
        assert f'<dd id="{name}">{count}</dd>' in page, f"the dashboard's {name} is not {count}"


@pytest.mark.asyncio
async def test_nothing_is_left_when_the_application_stops(database):
    """No connection, so no thread of aiosqlite either."""
    before = set(threading.enumerate())
    async with running() as client:
        await client.get("/api/todo/")
    assert connections_since(before) == 0, "connections left open"


@pytest.mark.asyncio
async def test_a_start_that_fails_leaves_nothing(database, monkeypatch):
    """What was opened is closed, whatever happens in between."""
    create = MetaData.create_all

    def create_and_fail(metadata, *args, **options):
        create(metadata, *args, **options)
        raise OSError("the start fails here, on purpose")

    monkeypatch.setattr(MetaData, "create_all", create_and_fail)  # below whatever the lifespan calls
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
