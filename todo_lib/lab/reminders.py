"""Tables to make mistakes with in lesson 12, and a database of each kind to make them on."""

from datetime import datetime

from sqlalchemy import DateTime, String
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from todo_lib.lab.postgres import drivers_here
from todo_lib.lab.scratch import SQLITE, new_database


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
    """The same with a time that knows its time zone."""

    __tablename__ = "zoned_reminders"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


async def new_factories() -> dict[str, async_sessionmaker[AsyncSession]]:
    """Return a session factory for each driver that works here: SQLite's always, PostgreSQL's with a server.

    Each is on a new database with empty tables, the app's and this module's.
    """
    factories = {driver: await new_database(driver) for driver in (SQLITE, *drivers_here())}
    for factory in factories.values():
        async with factory.kw["bind"].begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
    return factories
