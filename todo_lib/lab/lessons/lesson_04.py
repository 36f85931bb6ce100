"""Lesson 04, Engine and session factory: `create_async_session_factory`, `create_tables`, `dispose`."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from todo_lib.async_app import database
from todo_lib.entities import Task
from todo_lib.lab.contract import Broken, expect
from todo_lib.lab.contract.behaviour import Words
from todo_lib.lab.exercise import Exercise, Part, Prediction, Recall
from todo_lib.lab.judge import FileJudge, FunctionJudge, Trial
from todo_lib.lab.probes import probe
from todo_lib.lab.project import APP
from todo_lib.lab.workspace import workspace_exercise

DATABASE = f"{APP}/database.py"
BREAD = {"name": "buy bread", "priority": 1, "due_date": date(2028, 2, 29), "done": False}
URL = "sqlite+aiosqlite:///…/todo.db"


# -- create_async_session_factory -----------------------------------------------------------------------


@asynccontextmanager
async def made(function: Callable[[str], Any]) -> AsyncIterator[tuple[Any, Path]]:
    """Give what the learner's function returns for a new file, and the file; close what it opened."""
    with TemporaryDirectory(prefix="todo-lab-", ignore_cleanup_errors=True) as folder:
        file = Path(folder, "todo.db")
        factory = function(f"sqlite+aiosqlite:///{file.as_posix()}")
        try:
            yield factory, file
        finally:
            engine = getattr(factory, "kw", {}).get("bind")
            if isinstance(engine, AsyncEngine):
                await engine.dispose()


async def returns_a_factory(function: Callable[[str], Any]) -> None:
    """It returns a session factory on an asynchronous engine."""
    async with made(function) as (factory, _):
        tried = f"create_async_session_factory({URL!r})"
        if not isinstance(factory, async_sessionmaker):
            raise Broken(tried, Words("an async_sessionmaker"), factory)
        if not isinstance(factory.kw.get("bind"), AsyncEngine):
            raise Broken(f"{tried}, its engine", Words("an AsyncEngine"), factory.kw.get("bind"))


async def uses_the_url(function: Callable[[str], Any]) -> None:
    """What its sessions commit is in the file that the URL names."""
    async with made(function) as (factory, file):
        await database.create_tables(factory)
        async with factory() as session:
            session.add(Task(**BREAD))
            await session.commit()
        names = _names_in(file) if file.exists() else Words("no such file")
        expect("one task saved; the names in that file", ["buy bread"], names)


async def reads_after_commit(function: Callable[[str], Any]) -> None:
    """An object can be read after the commit."""
    async with made(function) as (factory, _):
        await database.create_tables(factory)
        async with factory() as session:
            task = Task(**BREAD)
            session.add(task)
            await session.commit()
            expect("after the commit, task.name", "buy bread", task.name)


async def prepares_sqlite(function: Callable[[str], Any]) -> None:
    """SQLite is prepared, as in the synchronous factory."""
    async with made(function) as (factory, _), factory() as session:
        mode = await session.scalar(text("PRAGMA journal_mode"))
        expect("PRAGMA journal_mode, which prepare_sqlite sets", "wal", mode)


async def opens_nothing_yet(function: Callable[[str], Any]) -> None:
    """Making the factory opens no connection; each call makes an engine of its own."""
    async with made(function) as (first, file), made(function) as (second, _):
        expect("the factory made, no session used; does the file exist?", False, file.exists())
        if first.kw["bind"] is second.kw["bind"]:
            raise Broken("two factories for two URLs", Words("two engines"), Words("one engine for both"))


def _names_in(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM tasks")]


# -- create_tables --------------------------------------------------------------------------------------


async def creates_the_table(function: Callable[[Any], Any]) -> None:
    """Afterwards the table `tasks` exists."""
    async with made(database.create_async_session_factory) as (factory, file):
        await function(factory)
        expect("create_tables(factory); the tables in the file", ["tasks"], _tables_in(file))


async def keeps_what_is_there(function: Callable[[Any], Any]) -> None:
    """Called again, it leaves the tasks alone."""
    async with made(database.create_async_session_factory) as (factory, file):
        await function(factory)
        async with factory() as session:
            session.add(Task(**BREAD))
            await session.commit()
        await function(factory)
        expect("create_tables(factory) once more; the names in the file", ["buy bread"], _names_in(file))


def _tables_in(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


# -- the whole file -------------------------------------------------------------------------------------


def probes(promise: str, *tests: str) -> Trial:
    """Return a trial on the module; `tests` are names in `probes/test_database.py`."""
    return Trial(
        promise,
        after="03",
        files=probe("test_database.py"),
        select=tuple(f"tests/test_database.py::{test}" for test in tests),
        tests=len(tests),
    )


TRIALS = (
    probes("What one session commits, another finds.", "test_its_sessions_write_and_read"),
    probes("An object can be read after the commit.", "test_an_object_can_be_read_after_the_commit"),
    probes("SQLite is prepared as in the synchronous app.", "test_sqlite_is_prepared"),
    probes("Creating the tables again changes nothing.", "test_tables_can_be_created_again"),
    probes("`dispose` closes every connection.", "test_dispose_closes_every_connection"),
)


def parts() -> dict[str, Part]:
    """Return the lesson's questions and exercises, in order, fresh."""
    return {**_questions(), **_exercises()}


def _questions() -> dict[str, Part]:
    return {
        "recall_gain": Recall(
            question="What can async make faster?",
            options={
                "A": "Computing: the work is spread over the cores.",
                "B": "Many waits: while one goes on, others go on as well.",
                "C": "A single query: the driver is quicker.",
            },
            right="B",
            why={
                "A": "There is one thread. While it computes, nothing else runs.",
                "B": "Async buys waiting time, nothing else.",
                "C": "A single call is even a little slower: it takes the detour through the event loop.",
            },
            look="lesson 02",
        ),
        "recall_red": Recall(
            question="Why were the store's tests red at the end of lesson 03?",
            options={
                "A": "They had mistakes.",
                "B": "They import a function that does not exist yet.",
                "C": "The store was too slow for them.",
            },
            right="B",
            why={
                "A": "On a finished store they are green.",
                "B": "`create_async_session_factory` is what this lesson builds.",
                "C": "They did not get as far as the store.",
            },
            look="lesson 03, under *An honest red*",
        ),
        "create_all": Prediction(
            question="`Base.metadata.create_all(engine)`, with an asynchronous engine. What happens?",
            options={
                "A": "The tables are created; meanwhile the event loop stands still.",
                "B": "It returns a coroutine, and `await` would create the tables.",
                "C": "An error.",
            },
            right="C",
            why={
                "A": "Tempting, because an asynchronous engine has a synchronous one inside. But `create_all` does "
                "not look inside.",
                "B": "`create_all` is plain, synchronous code. It cannot return a coroutine.",
                "C": "`create_all` asks the engine for what only synchronous engines have.",
            },
        ),
        "expired": Prediction(
            question="The factory was made without `expire_on_commit=False`. After `await session.commit()`: what "
            "does `task.name` do?",
            options={
                "A": "It gives the name: the object is in memory.",
                "B": "It gives None: the commit has emptied the object.",
                "C": "It raises an error.",
                "D": "It gives a coroutine, for the name must be loaded.",
            },
            right="C",
            why={
                "A": "So it is with `expire_on_commit=False`. By default a commit marks what is in memory as out of date.",
                "B": "The object is marked as out of date, and is never silently wrong.",
                "C": "The name must be loaded again, that needs `await`, and an attribute has no place for one.",
                "D": "Nice, but an attribute is plain Python: it gives a value or an error.",
            },
        ),
    }


def _exercises() -> dict[str, Part]:
    return {
        "factory": Exercise(
            FunctionJudge(
                (returns_a_factory, uses_the_url, reads_after_commit, prepares_sqlite, opens_nothing_yet),
                may_block=True,  # the check itself makes a folder and looks into the file
                advice={
                    "coroutine returned": "Making a factory talks to no database. A plain `def` is right here.",
                    "wrong value": "Compare with the synchronous factory: three lines, and each has its twin.",
                },
            ),
            hints=(
                "Each line of the synchronous factory has a twin: another name, the same job.",
                "`prepare_sqlite` listens to a synchronous engine. The asynchronous one has it inside: "
                "`engine.sync_engine`. And what must the factory be told, so that objects stay readable after a commit?",
                "engine = create_async_engine(url)\nprepare_sqlite(engine.sync_engine)\n"
                "return async_sessionmaker(engine, expire_on_commit=False)",
            ),
        ),
        "tables": Exercise(
            FunctionJudge((creates_the_table, keeps_what_is_there), may_block=True),
            hints=(
                "`create_all` is synchronous and wants a synchronous connection. Who hands it one?",
                "Open a connection with `async with` and `begin()`. Then let it run `create_all` for you: "
                "pass the function, do not call it.",
                'async with factory.kw["bind"].begin() as connection:\n'
                "    await connection.run_sync(Base.metadata.create_all)",
            ),
        ),
        "database": Exercise(
            FileJudge(DATABASE, TRIALS),
            hints=(
                "All of it stands on this page already, except `dispose`.",
                "`dispose` closes connections: that talks to the database.",
                'async def dispose(factory):\n    await factory.kw["bind"].dispose()',
            ),
        ),
        "workspace": workspace_exercise("04", (DATABASE,), TRIALS),
    }
