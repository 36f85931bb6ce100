"""PostgreSQL: what is right on SQLite and wrong on a server, and a store that is right on both."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import String, event, select, text, update
from sqlalchemy.exc import DBAPIError

from todo_lib.async_app.database import create_async_session_factory, dispose
from todo_lib.course.contract.harness import async_harness, empty, tracked_factory
from todo_lib.course.contract.registry import names, task_input
from todo_lib.course.contract.store_judge import StoreJudge
from todo_lib.course.lessons.postgresql.reminders import Base, Factory, Reminder
from todo_lib.entities import Task
from todo_lib.lab.checks import EveryDriver, FunctionJudge
from todo_lib.lab.checks.advice import KnownMistake
from todo_lib.lab.checks.behaviour import Behaviour, BrokenPromise, Words, fails_as, require_equal
from todo_lib.lab.exercise import Judge

# -- PortableStore -------------------------------------------------------------------------------------


def order_kept(url: str, *methods: str) -> Behaviour | None:
    """Return what is asked of `all` on the database at `url`.

    There a changed row may move to its table's end.
    """

    async def behaviour(store_class: type) -> None:
        """all() keeps its order when a task is changed."""
        async with async_harness(store_class, url) as harness:
            first, *_ = await harness.insert_all(
                (task_input("first"), task_input("second")), created_at=date(2020, 2, 29)
            )
            async with harness.own_factory.begin() as session:
                await session.execute(update(Task).where(Task.id == first.id).values(priority=9))
            found = names(await harness.open_store().all())
        require_equal("all(), after a change of the first task", ["first", "second"], found)

    return behaviour if "all" in methods else None


SUM_OF_BOOLEANS = KnownMistake(
    "SQLAlchemy takes the sum of a Boolean column for a Boolean. Count instead.",
    code=r"(?<!ifnull\()func\.sum\(\s*Task\.done\s*\)",
)


# -- save_all ------------------------------------------------------------------------------------------

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)

NAME = Reminder.__table__.c.name.type
assert isinstance(NAME, String)
assert NAME.length
LENGTH = NAME.length


@dataclass(frozen=True)
class SaveAllUnderTest:
    """A learner's `save_all` with a database for it: no reminder is there, and commits are counted."""

    save_all: Callable[..., Any]
    factory: Factory
    own: Factory
    """Sessions of the subject's own, on another engine: what they see is really in the database."""
    commits: list[str] = field(default_factory=list)

    async def names(self) -> list[str]:
        """Return the names that are in the database, in the order in which they were saved."""
        async with self.own() as session:
            return list(await session.scalars(select(Reminder.name).order_by(Reminder.id)))

    async def try_it(self, names: Sequence[str], taken: Sequence[str], stored: Sequence[str]) -> None:
        """Call `save_all`.

        Raise `BrokenPromise` unless it returns what was taken and leaves this in the database.
        """
        tried = f"save_all(factory, {list(names)})"
        seen = await self.save_all(self.factory, list(names))
        if isinstance(seen, tuple | set | frozenset | dict):
            raise BrokenPromise(tried, Words("a list"), seen)
        require_equal(tried, list(taken), seen)
        require_equal(f"{tried}, then the names in the database", list(stored), await self.names())


@asynccontextmanager
async def with_reminders(url: str, save_all: Callable[..., Any]) -> AsyncIterator[SaveAllUnderTest]:
    """Give a function an empty database at `url`; afterwards close what was opened."""
    own = create_async_session_factory(url)
    try:
        await empty(own, Base.metadata)
        async with own.kw["bind"].begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with tracked_factory(url) as factory:
            made, engine = SaveAllUnderTest(save_all, factory, own), factory.kw["bind"].sync_engine
            event.listen(engine, "commit", lambda _: made.commits.append("commit"))
            if engine.dialect.name == "sqlite":
                event.listen(engine, "do_execute", _refuse_long_names)
            yield made
    finally:
        await dispose(own)


def _refuse_long_names(cursor: Any, statement: str, parameters: Sequence[Any], context: Any) -> None:
    if any(isinstance(value, str) and len(value) > LENGTH for value in parameters):
        raise sqlite3.DataError(f"value too long for type character varying({LENGTH})")


async def saves_every_name(subject: SaveAllUnderTest) -> None:
    """It saves a reminder for each name, and returns an empty list if none was taken."""
    await subject.try_it(["bread", "milk", "tea"], [], ["bread", "milk", "tea"])


async def skips_what_is_taken(subject: SaveAllUnderTest) -> None:
    """A name that is taken is skipped and returned; all others, before and after it, are saved."""
    await subject.try_it(["bread", "tea"], [], ["bread", "tea"])
    names = ["milk", "bread", "milk", "rice", "tea", "salt"]
    await subject.try_it(names, ["bread", "milk", "tea"], ["bread", "tea", "milk", "rice", "salt"])


async def commits_once(subject: SaveAllUnderTest) -> None:
    """All of it is one transaction: one commit, at the end."""
    await subject.save_all(subject.factory, ["bread", "milk", "milk", "tea"])
    wanted, seen = Words("1 commit"), Words(f"{len(subject.commits)} commits")
    if len(subject.commits) != 1:
        raise BrokenPromise("save_all(factory, ['bread', 'milk', 'milk', 'tea'])", wanted, seen)


async def sees_a_rival(subject: SaveAllUnderTest) -> None:
    """A name that somebody else is saving at the same moment is taken, too."""
    async with subject.own() as rival:
        rival.add(Reminder(name="milk"))
        await rival.flush()
        call = asyncio.create_task(subject.save_all(subject.factory, ["bread", "milk", "tea"]))
        for _ in range(20):  # until it waits for the rival, if one can see that
            await asyncio.sleep(0.01)
            if call.done() or (subject.own.kw["bind"].dialect.name == "postgresql" and await _waits(subject)):
                break
        await rival.commit()
    require_equal(
        "save_all(factory, ['bread', 'milk', 'tea']), 'milk' at the same moment", ["milk"], await call
    )
    require_equal(
        "the same, then the names in the database", ["bread", "milk", "tea"], sorted(await subject.names())
    )


async def raises_other_errors(subject: SaveAllUnderTest) -> None:
    """Any other error is raised, and nothing is saved. Here SQLite, too, refuses a name that is too long."""
    tried = "save_all(factory, ['bread', a name of 30 characters, 'milk'])"
    try:
        seen = await subject.save_all(subject.factory, ["bread", "x" * 30, "milk"])
    except DBAPIError:
        require_equal(f"{tried}, then the names in the database", [], await subject.names())
    else:
        raise BrokenPromise(tried, Words("the database's error raised"), seen)


async def _waits(subject: SaveAllUnderTest) -> bool:
    async with subject.own() as session:
        return bool(await session.scalar(WAITING))


@fails_as("connection kept")
async def gives_its_connection_back(subject: SaveAllUnderTest) -> None:
    """It gives its connection back to the pool."""
    with suppress(Exception):  # the other promises are about that
        await subject.save_all(subject.factory, ["bread", "bread"])
    held = subject.factory.kw["bind"].pool.checkedout()
    require_equal("save_all(factory, ['bread', 'bread']), then connections still held", 0, held)


SAVE_ALL = (
    saves_every_name,
    skips_what_is_taken,
    commits_once,
    sees_a_rival,
    raises_other_errors,
    gives_its_connection_back,
)
SAVE_ALL_MISTAKES = (
    KnownMistake(
        "Only a taken name may be skipped: catch `IntegrityError`.", facts=r"30 characters, 'milk'\]\)$"
    ),
    KnownMistake("Call it: `begin_nested()`.", code=r"with session\.begin_nested\s*(:|as\b)"),
    KnownMistake(
        "`add` sends nothing; the error comes when the block of `begin_nested` ends. "
        "Put `try` around the block.",
        code=r"begin_nested\(\)[^\n]*:\s*try:\s*session\.add\([^\n]*\n\s*except",
    ),
    KnownMistake(
        "Asking first cannot see what others have not committed. Try to insert, and undo that one insert.",
        code=r"select\(",
        facts="UNIQUE|duplicate key|database is locked",
    ),
)

JUDGES: dict[str, Judge] = {
    "portable": EveryDriver(
        lambda url: StoreJudge(
            ("all", "get_statistics"),
            also=partial(order_kept, url),
            advice={"raised": "Use the model's columns, and functions that both databases have."},
            mistakes=(SUM_OF_BOOLEANS,),
            url=url,
        )
    ),
    "save_all": EveryDriver(
        lambda url: FunctionJudge(
            SAVE_ALL,
            advice={
                "wrong value": "Which part of the work may fail alone? Only that belongs into the savepoint, "
                "and the `except` around it.",
                "raised": "A name that is taken must cost no more than itself. What can be undone alone?",
            },
            mistakes=SAVE_ALL_MISTAKES,
            opens=partial(with_reminders, url),
        )
    ),
}
