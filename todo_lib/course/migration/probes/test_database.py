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
    """Seen by another connection: what is created was committed. Its index, too."""
    with closing(sqlite3.connect(tmp_path / "probe.db")) as connection:
        found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    expected = {"tasks", *(index.name for index in Task.__table__.indexes)}
    assert found == expected, f"in the file: {sorted(found)}, expected: {sorted(expected)}"


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
    """As in the synchronous app, connection by connection: writers wait for each other."""
    expected = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000, "synchronous": 2}
    async with factory() as first, factory() as second:
        for session in (first, second):
            # A SELECT comes first: anything else would begin with the write lock, for which the other waits.
            assert await session.scalar(text("SELECT lower('É')")) == "é"
            for name, value in expected.items():
                assert await session.scalar(text(f"PRAGMA {name}")) == value, f"PRAGMA {name} is not {value}"


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
async def test_two_sessions_have_two_connections(factory):
    """At the same moment: what one has not committed is not the other's."""
    async with factory() as first, factory() as second:
        connections = [await (await each.connection()).get_raw_connection() for each in (first, second)]
        one, other = (each.driver_connection for each in connections)
        assert one is not other, "both sessions are on one connection"


@pytest.mark.asyncio
async def test_two_factories_are_two_databases(tmp_path):
    """Each function works on the factory that it is given."""
    files = [tmp_path / "first.db", tmp_path / "second.db"]
    factories = [create_async_session_factory(f"sqlite+aiosqlite:///{file.as_posix()}") for file in files]
    assert not [file for file in files if file.exists()], "the factory opens the database already"
    try:
        await create_tables(factories[0])
        assert [file.exists() for file in files] == [True, False], "files after the first `create_tables`"
        for factory in factories:
            assert factory.kw["bind"].pool.checkedout() == 0, "connections in use after `create_tables`"
        async with factories[1]() as session:
            await session.connection()
            await dispose(factories[0])
            assert factories[1].kw["bind"].pool.checkedin() == 0
        assert factories[1].kw["bind"].pool.checkedin() == 1, (
            "connections of the second, the first disposed of"
        )
    finally:
        for factory in factories:
            await dispose(factory)


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
