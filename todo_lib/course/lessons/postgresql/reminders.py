"""Tables to make mistakes with in, and a database of each kind to make them on."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, String, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from todo_lib.course.database import new_database
from todo_lib.lab.db.postgres import drivers_here
from todo_lib.lab.db.temporary import SQLITE
from todo_lib.lab.errors.expected import stable_text
from todo_lib.lab.messages import Table

Factory = async_sessionmaker[AsyncSession]
LOOP_TIMEOUT = 10.0  # seconds in one event loop
START, END = 27, 55  # characters of a long refusal that are shown: the first and the last


class Base(DeclarativeBase):
    """The tables of this module; the app does not know them."""


class Reminder(Base):
    """Something to be reminded of. No two have the same name. `at` is a time without a time zone."""

    __tablename__ = "reminders"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    at: Mapped[datetime | None]
    repeats: Mapped[int] = mapped_column(default=1)


class ZonedReminder(Base):
    """The same, with a time that has a time zone."""

    __tablename__ = "zoned_reminders"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


async def new_factories() -> dict[str, Factory]:
    """Return a session factory for each driver that works here: SQLite's always, PostgreSQL's with a server.

    Each is on a new database with empty tables, the app's and this module's. SQLite learns `pg_sleep`.
    """
    factories = {}
    for driver in (SQLITE, *drivers_here()):
        factory = factories[driver] = await new_database(driver)
        engine = factory.kw["bind"]
        if driver == SQLITE:
            event.listen(engine.sync_engine, "connect", _learn_to_sleep)
            await engine.dispose()  # the connection that made the tables has not learnt it
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
    return factories


async def on_each(
    factories: Mapping[str, Factory], work: Callable[..., Awaitable[Any]], *arguments: Any
) -> Table:
    """Return what `work(factory, *arguments)` gives on each database, or with what error it refuses."""
    rows = []
    for driver, factory in factories.items():
        try:
            outcome = str(await work(factory, *arguments))
        except DBAPIError as error:
            # asyncpg's own error is the cause of what SQLAlchemy made of it.
            refused = error.orig or error
            outcome = f"✗ {refused.__cause__ or refused}".partition("\n")[0]
        if len(outcome) > START + END:
            outcome = f"{outcome[:START].rpartition(' ')[0]} … {outcome[-END:].partition(' ')[2]}"
        rows.append((driver, outcome))
    return Table(("driver", "outcome"), tuple(rows))


async def in_two_loops(factory: Factory, work: Callable[[AsyncEngine], Awaitable[Any]]) -> str:
    """Run `work(engine)` in an event loop, then in another, with one new engine; say what came of the second.

    The loops take turns in one thread, as two tests do. (Two threads at once on one connection of asyncpg
    can crash Python.)
    """
    return await asyncio.to_thread(_in_two_loops, create_async_engine(factory.kw["bind"].url), work)


def _in_two_loops(engine: AsyncEngine, work: Callable[[AsyncEngine], Awaitable[Any]]) -> str:
    with asyncio.Runner() as first, asyncio.Runner() as second:
        for runner in (first, second):  # what the driver complains of afterwards is not the point
            runner.get_loop().set_exception_handler(lambda *_: None)
        try:
            first.run(asyncio.wait_for(work(engine), LOOP_TIMEOUT))
            second.run(asyncio.wait_for(work(engine), LOOP_TIMEOUT))
        except RuntimeError as error:
            return f"✗ {stable_text(error)}"
        finally:
            first.run(engine.dispose())
    return "works in both"


def _learn_to_sleep(connection: Any, record: Any) -> None:
    connection.create_function("pg_sleep", 1, time.sleep)
