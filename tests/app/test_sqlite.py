"""todo_lib/sqlite.py on both kinds of engine: what it promises, and what happens without it.

A check is an ordinary function of an `Engine`. For the asynchronous engine it runs, as an `AsyncSession`
does, on `sync_engine` inside SQLAlchemy's greenlet, so that each check is written once.
"""

# ruff: noqa: D103 (the name of a test is its sentence)

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, closing, suppress
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, delete, event, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.sql import Executable

from todo_lib import sqlite
from todo_lib.entities import Base, Task
from todo_lib.sqlite import prepare_sqlite

Judge = Callable[..., Awaitable[None]]

IN_FORCE = {"foreign_keys": 1, "journal_mode": "wal", "synchronous": 2, "busy_timeout": 30_000}
VALUES = {"name": "counter", "priority": 0, "due_date": date(2028, 2, 29), "done": False}
A_LONG_TIME = 2  # seconds; a call that waited for the other side would take five


def unprepared(engine: Engine) -> None:
    """Leave everything to the driver."""


@pytest.fixture
def judge(style: str, url: str) -> Judge:
    """Return what runs a check on a new database that holds one task, number 1."""

    async def run(
        check: Callable[[Engine], None], prepare: Callable[[Engine], None] = prepare_sqlite
    ) -> None:
        def fill_and_check(engine: Engine) -> None:
            with engine.begin() as connection:
                Base.metadata.create_all(connection)
                connection.execute(insert(Task).values(VALUES))
            check(engine)

        async with AsyncExitStack() as stack:
            if style == "sync":
                engine = create_engine(url)
                stack.callback(engine.dispose)
                prepare(engine)
                fill_and_check(engine)
            else:
                async_engine = create_async_engine(url)
                stack.push_async_callback(async_engine.dispose)
                prepare(async_engine.sync_engine)
                async with async_engine.connect() as connection:
                    await connection.run_sync(lambda connection: fill_and_check(connection.engine))

    return run


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    """Return what another process would find."""
    with closing(sqlite3.connect(database)) as other:
        return other.execute(query).fetchall()


def priority_of(session: Session) -> int | None:
    """Return what the session sees of task 1."""
    return session.scalar(select(Task.priority).where(Task.id == 1))


@pytest.mark.asyncio
async def test_every_connection_of_the_pool_has_the_pragmas(judge: Judge) -> None:
    def check(engine: Engine) -> None:
        for _ in ("fresh", "used before"):
            with ExitStack() as held:  # more connections at once than the pool keeps
                for _ in range(7):
                    connection = held.enter_context(engine.connect())
                    seen = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in IN_FORCE}
                    assert seen == IN_FORCE
                    connection.rollback()

    await judge(check)


@pytest.mark.asyncio
@pytest.mark.parametrize("prepare", [prepare_sqlite, unprepared])
async def test_a_foreign_key_without_its_row_is_refused_only_when_prepared(
    judge: Judge, prepare: Callable[[Engine], None]
) -> None:
    def check(engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE notes (task_id INTEGER NOT NULL REFERENCES tasks (id))"))
            connection.execute(text("INSERT INTO notes VALUES (1)"))
        orphan = text("INSERT INTO notes VALUES (4711)")
        with engine.connect() as connection:
            if prepare is unprepared:
                connection.execute(orphan)
            else:
                with pytest.raises(IntegrityError, match="FOREIGN KEY constraint failed"):
                    connection.execute(orphan)

    await judge(check, prepare)


@pytest.mark.asyncio
async def test_a_reader_and_a_writer_do_not_wait_for_each_other(judge: Judge) -> None:
    def check(engine: Engine) -> None:
        start = time.monotonic()
        with Session(engine) as early, Session(engine) as writer, Session(engine) as late:
            assert priority_of(early) == 0
            writer.execute(update(Task).values(priority=1))
            assert priority_of(late) == 0
            writer.commit()
            assert priority_of(early) == 0  # its transaction began before
            assert priority_of(late) == 0
            late.rollback()
            assert priority_of(late) == 1
        assert time.monotonic() - start < A_LONG_TIME

    await judge(check)


@pytest.mark.asyncio
async def test_fifty_read_modify_writes_at_once_lose_nothing(
    style: str, url: str, database: Path, judge: Judge
) -> None:
    def count_up(engine: Engine) -> None:
        with Session(engine) as session:
            task = session.get_one(Task, 1, with_for_update=True)
            task.priority += 1
            session.commit()

    async def count_up_async(engine: object) -> None:
        async with AsyncSession(engine) as session:
            task = await session.get_one(Task, 1, with_for_update=True)
            task.priority += 1
            await session.commit()

    await judge(lambda engine: None)  # creates the task
    if style == "sync":
        engine = create_engine(url)
        prepare_sqlite(engine)
        with ExitStack() as stack:
            stack.callback(engine.dispose)
            threads = stack.enter_context(ThreadPoolExecutor(10))
            list(threads.map(count_up, [engine] * 50))
    else:
        async_engine = create_async_engine(url)
        prepare_sqlite(async_engine.sync_engine)
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            stack.push_async_callback(async_engine.dispose)
            for _ in range(50):
                tasks.create_task(count_up_async(async_engine))
    assert rows(database, "SELECT priority FROM tasks") == [(50,)]


@pytest.mark.asyncio
async def test_without_preparation_one_of_two_read_modify_writes_is_lost_silently(judge: Judge) -> None:
    def check(engine: Engine) -> None:
        with Session(engine) as first, Session(engine) as second:
            one = first.get_one(Task, 1, with_for_update=True)
            other = second.get_one(Task, 1, with_for_update=True)
            one.priority += 1
            first.commit()
            other.priority += 1
            second.commit()
            assert priority_of(first) == 1  # and not 2

    await judge(check, unprepared)


@pytest.mark.asyncio
async def test_a_read_modify_write_holds_the_database_from_its_first_read(
    judge: Judge, database: Path
) -> None:
    def check(engine: Engine) -> None:
        with Session(engine) as session, closing(sqlite3.connect(database, timeout=0)) as other:
            session.get_one(Task, 1, with_for_update=True)
            with pytest.raises(sqlite3.OperationalError, match="database is locked"):
                other.execute("UPDATE tasks SET priority = 7")

    await judge(check)


@pytest.mark.asyncio
async def test_writing_after_reading_what_has_changed_since_fails_at_once(judge: Judge) -> None:
    def check(engine: Engine) -> None:
        with Session(engine) as slow, Session(engine) as quick:
            task = slow.get_one(Task, 1)
            quick.get_one(Task, 1, with_for_update=True).priority = 5
            quick.commit()
            task.priority += 1
            start = time.monotonic()
            with pytest.raises(OperationalError, match="database is locked") as caught:
                slow.commit()
            assert time.monotonic() - start < A_LONG_TIME
            assert caught.value.orig.sqlite_errorname == "SQLITE_BUSY_SNAPSHOT"
            assert priority_of(quick) == 5

    await judge(check)


@pytest.mark.asyncio
async def test_rolling_back_undoes_everything_even_a_new_table(judge: Judge, database: Path) -> None:
    def check(engine: Engine) -> None:
        with suppress(KeyError), engine.begin() as connection:
            connection.execute(text("CREATE TABLE notes (id INTEGER)"))
            connection.execute(insert(Task), [VALUES, VALUES])
            connection.execute(text("DELETE FROM tasks WHERE id = 1"))
            raise KeyError
        with Session(engine) as session:
            session.add(Task(**VALUES))
            session.flush()
            session.rollback()
            assert session.scalar(select(func.count()).select_from(Task)) == 1
        assert rows(database, "SELECT name FROM sqlite_master WHERE type = 'table'") == [("tasks",)]
        assert rows(database, "SELECT id FROM tasks") == [(1,)]

    await judge(check)


@pytest.mark.asyncio
async def test_a_savepoint_can_be_undone_without_the_rest(judge: Judge, database: Path) -> None:
    def check(engine: Engine) -> None:
        with Session(engine) as session:
            inner = session.begin_nested()
            session.add(Task(**VALUES))
            session.flush()
            inner.rollback()
            session.add(Task(**VALUES))
            assert rows(database, "SELECT id FROM tasks") == [(1,)]
            session.commit()
        assert rows(database, "SELECT count(*) FROM tasks") == [(2,)]

    await judge(check)


def sent_by(connection: Connection, statement: Executable, values: object = None) -> list[str]:
    """Execute the statement and another; return everything that SQLite is really told."""
    told: list[str] = []
    driver_connection = connection.connection.driver_connection
    if isinstance(driver_connection, sqlite3.Connection):
        driver_connection.set_trace_callback(told.append)
    else:
        connection.connection.dbapi_connection.run_async(lambda each: each.set_trace_callback(told.append))
    connection.execute(statement, values)
    connection.execute(select(1))
    return told


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("statement", "values", "begin"),
    [
        (select(Task), None, "BEGIN"),
        (text("select 1"), None, "BEGIN"),
        (select(Task).with_for_update(), None, "BEGIN IMMEDIATE"),
        (select(Task.id).where(Task.id == 1).with_for_update(nowait=True), None, "BEGIN IMMEDIATE"),
        (insert(Task).values(VALUES), None, "BEGIN IMMEDIATE"),
        (insert(Task), [VALUES, VALUES], "BEGIN IMMEDIATE"),
        (update(Task).values(done=True), None, "BEGIN IMMEDIATE"),
        (delete(Task), None, "BEGIN IMMEDIATE"),
        (text("UPDATE tasks SET done = 1"), None, "BEGIN IMMEDIATE"),
        (text("CREATE TABLE notes (id INTEGER)"), None, "BEGIN IMMEDIATE"),
    ],
    ids=lambda value: " ".join(str(value).split())[:24],
)
async def test_only_a_plain_select_begins_without_the_write_lock(
    judge: Judge, statement: Executable, values: object, begin: str
) -> None:
    def check(engine: Engine) -> None:
        for _ in ("first transaction", "another one on the same connection"):
            with engine.connect() as connection:
                told = sent_by(connection, statement, values)
                assert [each for each in told if each.startswith("BEGIN")] == [told[0]] == [begin]

    await judge(check)


@pytest.mark.parametrize(("name", "set_up"), [("postgresql", False), ("sqlite", True)])
def test_only_an_engine_for_sqlite_is_changed(
    monkeypatch: pytest.MonkeyPatch, name: str, set_up: bool
) -> None:
    engine = create_engine("sqlite://")
    monkeypatch.setattr(engine.dialect, "name", name)
    prepare_sqlite(engine)
    assert event.contains(engine, "connect", sqlite._set_up_connection) is set_up
    assert event.contains(engine, "begin", sqlite._note_begin) is set_up
    assert event.contains(engine, "before_cursor_execute", sqlite._begin_with_first_statement) is set_up
