"""What a session factory promises, and what creating tables promises: behaviours of the two functions."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlalchemy.util import greenlet_spawn

from todo_lib.async_app import database
from todo_lib.entities import Task
from todo_lib.lab.checks.behaviour import BrokenPromise, Words, fails_as, require_equal

ASYNC_FACTORY = Words("an async_sessionmaker")
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
BREAD = {"name": "buy bread", "priority": 1, "due_date": date(2028, 2, 29), "done": False}


@asynccontextmanager
async def made(function: Callable[[str], Any]) -> AsyncIterator[tuple[Any, Path]]:
    """Give the factory that the learner's function makes for a new file, and the file.

    At the end close what was opened.
    """
    folder = await asyncio.to_thread(TemporaryDirectory, prefix="todo-lab-", ignore_cleanup_errors=True)
    file = Path(folder.name, f"todo-{random.randrange(1000, 10000)}.db")
    opened: list[Connection] = []

    def note(connection: Connection) -> None:
        if Path(connection.engine.url.database or "") == file:
            opened.append(connection)

    event.listen(Engine, "engine_connect", note)
    try:
        factory = function(f"sqlite+aiosqlite:///{file.as_posix()}")
        _refuse_other_things(factory, file)
        yield factory, file
    finally:
        event.remove(Engine, "engine_connect", note)
        await greenlet_spawn(_close, opened)
        await asyncio.to_thread(folder.cleanup)


def _refuse_other_things(factory: Any, file: Path) -> None:
    """Raise `BrokenPromise` for what is no factory, or one on another database: nobody may write there."""
    tried = f"create_async_session_factory('sqlite+aiosqlite:///…/{file.name}')"
    if not isinstance(factory, async_sessionmaker):
        plain = factory is None or asyncio.iscoroutine(factory)  # these two say more by themselves
        raise BrokenPromise(tried, ASYNC_FACTORY, factory if plain else Words(type(factory).__name__))
    engine = factory.kw.get("bind")
    if not isinstance(engine, AsyncEngine):
        raise BrokenPromise(
            f"{tried}, its engine", Words("an AsyncEngine"), engine and Words(type(engine).__name__)
        )
    used = Path(engine.url.database or "")
    if used != file:
        raise BrokenPromise(f"{tried}, the file of its engine", Words(file.name), Words(used.name))


def _close(opened: list[Connection]) -> None:
    """Close connections that were forgotten, and the pools of their engines."""
    for connection in opened:
        connection.close()
    for engine in {connection.engine for connection in opened}:
        engine.dispose()


async def returns_a_factory(function: Callable[[str], Any]) -> None:
    """It returns a session factory on an asynchronous engine, for the URL that it is given."""
    async with made(function), made(function):
        pass


async def commits(function: Callable[[str], Any]) -> None:
    """What its sessions commit is in the file that the URL names."""
    async with made(function) as (factory, file):
        await database.create_tables(factory)
        async with factory.begin() as session:
            session.add(Task(**BREAD))
        names = await asyncio.to_thread(_first_column, file, "SELECT name FROM tasks")
        require_equal("one task saved; the names in that file", ["buy bread"], names)


async def reads_after_commit(function: Callable[[str], Any]) -> None:
    """An object can be read after the commit."""
    async with made(function) as (factory, _):
        await database.create_tables(factory)
        async with factory() as session:
            task = Task(**BREAD)
            session.add(task)
            await session.commit()
            require_equal("after the commit, task.name", "buy bread", task.name)


async def prepares_sqlite(function: Callable[[str], Any]) -> None:
    """SQLite is prepared, as in the synchronous factory."""
    async with made(function) as (factory, _), factory() as session:
        mode = await session.scalar(text("PRAGMA journal_mode"))
        require_equal("PRAGMA journal_mode, which prepare_sqlite sets", "wal", mode)


async def opens_nothing_yet(function: Callable[[str], Any]) -> None:
    """Making the factory opens no connection."""
    async with made(function) as (_, file):
        there = await asyncio.to_thread(file.exists)
        require_equal("the factory made, no session used; does the file exist?", False, there)


def _first_column(file: Path, query: str) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [first for (first,) in connection.execute(query)]


@asynccontextmanager
async def tables_made(function: Callable[[Any], Any]) -> AsyncIterator[tuple[Any, Path]]:
    """Give a factory and its file in which the learner's function has created the tables."""
    async with made(database.create_async_session_factory) as (factory, file):
        await function(factory)
        tables = await asyncio.to_thread(_first_column, file, TABLES)
        require_equal("create_tables(factory); the tables in the file", ["tasks"], tables)
        yield factory, file


async def creates_the_table(function: Callable[[Any], Any]) -> None:
    """Afterwards the table `tasks` exists."""
    async with tables_made(function):
        pass


async def keeps_what_is_there(function: Callable[[Any], Any]) -> None:
    """Called again, it leaves the tasks alone."""
    async with tables_made(function) as (factory, file):
        async with factory.begin() as session:
            session.add(Task(**BREAD))
        await function(factory)
        names = await asyncio.to_thread(_first_column, file, "SELECT name FROM tasks")
        require_equal("create_tables(factory) once more; the names in the file", ["buy bread"], names)


@fails_as("connection kept")
async def gives_the_connection_back(function: Callable[[Any], Any]) -> None:
    """It gives its connection back."""
    async with tables_made(function) as (factory, _):
        require_equal(
            "create_tables(factory); the connections in use", 0, factory.kw["bind"].pool.checkedout()
        )
