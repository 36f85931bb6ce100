"""Lesson 12, PostgreSQL: what is right on SQLite and wrong on a server, and a store that is right on both."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import event, select, text, update
from sqlalchemy.exc import DBAPIError

from todo_lib.async_app.database import create_async_session_factory, dispose
from todo_lib.entities import Task
from todo_lib.lab.bench import async_bench, empty, remembered
from todo_lib.lab.contract import Behaviour, Broken, expect
from todo_lib.lab.contract.behaviour import Words, names, task
from todo_lib.lab.exercise import Exercise, Part, Prediction, Recall
from todo_lib.lab.judge import EveryDriver, FunctionJudge, StoreJudge
from todo_lib.lab.judge.clue import Clue
from todo_lib.lab.reminders import Base, Factory, Reminder

# -- PortableStore -------------------------------------------------------------------------------------


def order_kept(url: str, *methods: str) -> Behaviour | None:
    """Return what is asked of `all` on the database at `url`. There a changed row may move to its table's end."""

    async def behaviour(store_class: type) -> None:
        """all() keeps its order when a task is changed."""
        async with async_bench(store_class, url) as bench:
            first, *_ = await bench.insert_all((task("first"), task("second")), created_at=date(2020, 2, 29))
            async with bench.own_factory.begin() as session:
                await session.execute(update(Task).where(Task.id == first.id).values(priority=9))
            found = names(await bench.open_store().all())
        expect("all(), after a change of the first task", ["first", "second"], found)

    return behaviour if "all" in methods else None


SUM_OF_BOOLEANS = Clue(
    "SQLAlchemy takes the sum of a Boolean column for a Boolean. Count instead.",
    code=r"(?<!ifnull\()func\.sum\(\s*Task\.done\s*\)",
)


# -- save_all ------------------------------------------------------------------------------------------

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)

LENGTH = Reminder.__table__.c.name.type.length


@dataclass(frozen=True)
class Desk:
    """A learner's `save_all` with a database for it: no reminder is there, and commits are counted."""

    save_all: Callable[..., Any]
    factory: Factory
    own: Factory
    """Sessions of the desk's own, on another engine: what they see is really in the database."""
    commits: list[str] = field(default_factory=list)

    async def names(self) -> list[str]:
        """Return the names that are in the database, in the order in which they were saved."""
        async with self.own() as session:
            return list(await session.scalars(select(Reminder.name).order_by(Reminder.id)))

    async def try_it(self, names: Sequence[str], taken: Sequence[str], stored: Sequence[str]) -> None:
        """Call `save_all`; raise `Broken` unless it returns what was taken and leaves this in the database."""
        tried = f"save_all(factory, {list(names)})"
        seen = await self.save_all(self.factory, list(names))
        if isinstance(seen, tuple | set | frozenset | dict):
            raise Broken(tried, Words("a list"), seen)
        expect(tried, list(taken), seen)
        expect(f"{tried}, then the names in the database", list(stored), await self.names())


@asynccontextmanager
async def desk(url: str, save_all: Callable[..., Any]) -> AsyncIterator[Desk]:
    """Give a function an empty database at `url`; afterwards close what was opened."""
    own = create_async_session_factory(url)
    try:
        await empty(own, Base.metadata)
        async with own.kw["bind"].begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with remembered(url) as factory:
            made, engine = Desk(save_all, factory, own), factory.kw["bind"].sync_engine
            event.listen(engine, "commit", lambda _: made.commits.append("commit"))
            if engine.dialect.name == "sqlite":
                event.listen(engine, "do_execute", _refuse_long_names)
            yield made
    finally:
        await dispose(own)


def _refuse_long_names(cursor: Any, statement: str, parameters: Sequence[Any], context: Any) -> None:
    if any(isinstance(value, str) and len(value) > LENGTH for value in parameters):
        raise sqlite3.DataError(f"value too long for type character varying({LENGTH})")


async def saves_every_name(desk: Desk) -> None:
    """It saves a reminder for each name, and returns an empty list if none was taken."""
    await desk.try_it(["bread", "milk", "tea"], [], ["bread", "milk", "tea"])


async def skips_what_is_taken(desk: Desk) -> None:
    """A name that is taken is skipped and returned; all others, before and after it, are saved."""
    await desk.try_it(["bread", "tea"], [], ["bread", "tea"])
    names = ["milk", "bread", "milk", "rice", "tea", "salt"]
    await desk.try_it(names, ["bread", "milk", "tea"], ["bread", "tea", "milk", "rice", "salt"])


async def commits_once(desk: Desk) -> None:
    """All of it is one transaction: one commit, at the end."""
    await desk.save_all(desk.factory, ["bread", "milk", "milk", "tea"])
    wanted, seen = Words("1 commit"), Words(f"{len(desk.commits)} commits")
    if len(desk.commits) != 1:
        raise Broken("save_all(factory, ['bread', 'milk', 'milk', 'tea'])", wanted, seen)


async def sees_a_rival(desk: Desk) -> None:
    """A name that somebody else is saving at the same moment is taken, too."""
    async with desk.own() as rival:
        rival.add(Reminder(name="milk"))
        await rival.flush()
        call = asyncio.create_task(desk.save_all(desk.factory, ["bread", "milk", "tea"]))
        for _ in range(20):  # until it waits for the rival, if one can see that
            await asyncio.sleep(0.01)
            if call.done() or (desk.own.kw["bind"].dialect.name == "postgresql" and await _waits(desk)):
                break
        await rival.commit()
    expect("save_all(factory, ['bread', 'milk', 'tea']), 'milk' at the same moment", ["milk"], await call)
    expect("the same, then the names in the database", ["bread", "milk", "tea"], sorted(await desk.names()))


async def raises_other_errors(desk: Desk) -> None:
    """Any other error is raised, and nothing is saved. Here SQLite, too, refuses a name that is too long."""
    tried = "save_all(factory, ['bread', a name of 30 characters, 'milk'])"
    try:
        seen = await desk.save_all(desk.factory, ["bread", "x" * 30, "milk"])
    except DBAPIError:
        expect(f"{tried}, then the names in the database", [], await desk.names())
    else:
        raise Broken(tried, Words("the database's error raised"), seen)


async def _waits(desk: Desk) -> bool:
    async with desk.own() as session:
        return bool(await session.scalar(WAITING))


async def gives_its_connection_back(desk: Desk) -> None:
    """It gives its connection back to the pool."""
    with suppress(Exception):  # the other promises are about that
        await desk.save_all(desk.factory, ["bread", "bread"])
    held = desk.factory.kw["bind"].pool.checkedout()
    expect("save_all(factory, ['bread', 'bread']), then connections still held", 0, held)


SAVE_ALL = (saves_every_name, skips_what_is_taken, commits_once)
SAVE_ALL += (sees_a_rival, raises_other_errors, gives_its_connection_back)
SAVE_ALL_CLUES = (
    Clue("Only a taken name may be skipped: catch `IntegrityError`.", facts=r"30 characters, 'milk'\]\)$"),
    Clue("Call it: `begin_nested()`.", code=r"with session\.begin_nested\s*(:|as\b)"),
    Clue(
        "`add` sends nothing; the error comes when the block of `begin_nested` ends. Put `try` around the block.",
        code=r"begin_nested\(\)[^\n]*:\s*try:\s*session\.add\([^\n]*\n\s*except",
    ),
    Clue(
        "Asking first cannot see what others have not committed. Try to insert, and undo that one insert.",
        code=r"select\(",
        facts="UNIQUE|duplicate key|database is locked",
    ),
)


def parts() -> dict[str, Part]:
    """Return the lesson's questions and exercises, in order, fresh."""
    return {**_questions(), **_exercises()}


def _questions() -> dict[str, Part]:
    return {
        "recall_engine": Recall(
            question="An app makes an engine for each request and disposes of none. What piles up?",
            options={
                "A": "Nothing: an engine is only a description of the database.",
                "B": "Connections: each engine keeps its own for the next call.",
                "C": "Sessions: each engine keeps one open.",
            },
            right="B",
            why={
                "A": "Until its first use. Then its pool holds a connection.",
                "B": "Lesson 08 counted them: threads and open files, one more for each request.",
                "C": "An engine knows nothing of sessions. They come and go, the connection stays in the pool.",
            },
            look="lesson 08, Dependencies and endpoints",
        ),
        "recall_flush": Recall(
            question="`await session.commit()` raised IntegrityError. What does the session do next?",
            options={
                "A": "It goes on, without the row that failed.",
                "B": "It refuses everything until a rollback.",
                "C": "It tries the row again with the next commit.",
            },
            right="B",
            why={
                "A": "It could leave you with half of what you wanted. So it does not.",
                "B": "`PendingRollbackError` says so. This is a rule of SQLAlchemy's session.",
                "C": "The row would fail again. What failed is gone.",
            },
            look="lesson 06, under *A failed call spoils its session*",
        ),
        "noon": Prediction(
            question="NOON is 12:00 at +02:00. It is saved into `DateTime()` and read back. What do you see?",
            options={
                "A": "12:00 at +02:00, with all three drivers.",
                "B": "Three errors: the column has no place for a time zone.",
                "C": "One error; the two others agree on the time.",
                "D": "One error; the two others give two different times.",
            },
            right="D",
            why={
                "A": "Tempting, because the value went in with its zone. But the column has no place for it.",
                "B": "It would be the honest answer. Only asyncpg gives it.",
                "C": "Tempting, because both have to drop the zone. SQLite cuts it off; PostgreSQL first converts "
                "to the session's time zone, here UTC.",
                "D": "asyncpg refuses. SQLite cuts the zone off, PostgreSQL through psycopg converts first.",
            },
        ),
        "bread": Prediction(
            question="The second bread fails, and the error is caught. What do you see?",
            options={
                "A": "bread and milk, on all three.",
                "B": "SQLite: bread and milk. PostgreSQL: an error at milk.",
                "C": "An error at milk, on all three.",
                "D": "SQLite: bread and milk. PostgreSQL: bread only.",
            },
            right="B",
            why={
                "A": "Tempting, because the error was caught. Python's error was; the database has its own opinion.",
                "B": "SQLite undoes only the statement that failed. PostgreSQL has given up the whole transaction.",
                "C": "That is what a failed flush does to the session. Here `execute` failed: the session says "
                "nothing, the database does.",
                "D": "Tempting, because bread was right. But it belongs to the same transaction: all or nothing.",
            },
        ),
    }


def _exercises() -> dict[str, Part]:
    return {
        "portable": Exercise(
            EveryDriver(
                lambda url: StoreJudge(
                    ("all", "get_statistics"),
                    also=partial(order_kept, url),
                    advice={"raised": "Use the model's columns, and functions that both databases have."},
                    clues=(SUM_OF_BOOLEANS,),
                    url=url,
                )
            ),
            hints=(
                "`rowid`, `ifnull` and a sum of booleans are SQLite's own. What do you mean by them?",
                "`all` means the oldest first: the model has a column for that. The second number counts the "
                "tasks that are done; lesson 06 counts them with a filter.",
                "order_by(Task.id)\nselect(func.count(), func.count().filter(Task.done))",
            ),
        ),
        "save_all": Exercise(
            EveryDriver(
                lambda url: FunctionJudge(
                    SAVE_ALL,
                    advice={
                        "wrong value": "Which part of the work may fail alone? Only that belongs into the savepoint, "
                        "and the `except` around it.",
                        "raised": "A name that is taken must cost no more than itself. What can be undone alone?",
                    },
                    clues=SAVE_ALL_CLUES,
                    opens=partial(desk, url),
                )
            ),
            hints=(
                "One transaction around everything, one savepoint around each name.",
                "Inside the loop: `try`, in it the block of the savepoint, in that the `add`. The `except` stands "
                "outside the block: leaving it with the error is what undoes the savepoint.",
                "try:\n    async with session.begin_nested():\n        session.add(Reminder(name=name))\n"
                "except IntegrityError:\n    taken.append(name)",
            ),
        ),
    }
