"""The database module as the store and the application use it."""

import sqlite3
import threading
from contextlib import closing
from datetime import date

import pytest
import pytest_asyncio
from sqlalchemy import make_url, text
from todo_app import database
from todo_app.database import create_async_session_factory, create_tables, dispose

from todo_lib.entities import Task


@pytest_asyncio.fixture
async def factory(tmp_path):
    """Return a factory on a new file, with tables; close its connections afterwards."""
    factory = create_async_session_factory(f"sqlite+aiosqlite:///{(tmp_path / 'probe.db').as_posix()}")
    await create_tables(factory)
    yield factory
    await dispose(factory)


@pytest.mark.asyncio
async def test_the_table_is_in_the_file(factory, tmp_path):
    """Seen by another connection: what is created was committed."""
    with closing(sqlite3.connect(tmp_path / "probe.db")) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert tables == [("tasks",)]


@pytest.mark.asyncio
async def test_its_sessions_write_and_read(factory):
    """What one session commits, another finds."""
    async with factory() as session:
        session.add(Task(name="buy bread", priority=1, due_date=date(2028, 2, 29), done=False))
        await session.commit()
    async with factory() as session:
        assert (await session.get(Task, 1)).name == "buy bread"


@pytest.mark.asyncio
async def test_an_object_can_be_read_after_the_commit(factory):
    """Without SQL, which could not be awaited at an attribute."""
    async with factory() as session:
        task = Task(name="buy bread", priority=1, due_date=date(2028, 2, 29), done=False)
        session.add(task)
        await session.commit()
        assert task.name == "buy bread"


@pytest.mark.asyncio
async def test_sqlite_is_prepared(factory):
    """As in the synchronous app: writers wait for each other."""
    async with factory() as session:
        assert await session.scalar(text("PRAGMA journal_mode")) == "wal"


@pytest.mark.asyncio
async def test_tables_can_be_created_again(factory):
    """What is there stays."""
    async with factory() as session:
        session.add(Task(name="buy bread", priority=1, due_date=date(2028, 2, 29), done=False))
        await session.commit()
    await create_tables(factory)
    async with factory() as session:
        assert await session.get(Task, 1) is not None


@pytest.mark.asyncio
async def test_dispose_closes_every_connection(tmp_path):
    """Aiosqlite has a thread for each connection: it must be gone."""
    before = set(threading.enumerate())
    factory = create_async_session_factory(f"sqlite+aiosqlite:///{(tmp_path / 'probe.db').as_posix()}")
    await create_tables(factory)
    await dispose(factory)
    left = set(threading.enumerate()) - before
    for thread in left:
        thread.join(timeout=1)
    assert not [thread for thread in left if thread.is_alive()], "connections left open"


def test_the_default_url_names_the_driver():
    """Without it `create_async_engine` refuses the URL."""
    assert make_url(database.DEFAULT_URL).drivername == "sqlite+aiosqlite"


def test_the_synchronous_factory_still_works(tmp_path):
    """What is not migrated yet uses it."""
    factory = database.create_session_factory(f"sqlite:///{(tmp_path / 'probe.db').as_posix()}")
    with factory() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
    factory.kw["bind"].dispose()
