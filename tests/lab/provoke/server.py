"""What a PostgreSQL server does in the middle of the work: it ends, forgets, refuses, chooses."""

import asyncio
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from . import provokes
from .sandbox import Sandbox, Todo

SERIALIZABLE = {"isolation_level": "SERIALIZABLE"}


@provokes("connection-lost")
async def ended_by_the_server_asyncpg(sandbox: Sandbox) -> None:
    """What a restart does to each connection."""
    await use_an_ended_connection(sandbox, "asyncpg")


@provokes("connection-lost")
async def ended_by_the_server_psycopg(sandbox: Sandbox) -> None:
    """The other driver."""
    await use_an_ended_connection(sandbox, "psycopg")


async def use_an_ended_connection(sandbox: Sandbox, driver: str) -> None:
    """Let the server end a connection that waits in the pool, then use it."""
    async with sandbox.postgres(driver) as factory:
        async with factory() as session:
            pid = await session.scalar(text("SELECT pg_backend_pid()"))
        async with sandbox.engine(sandbox.postgres_url(driver)) as other, other.connect() as administrator:
            await administrator.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)"))
        await asyncio.sleep(0.05)  # the driver hears of it
        async with factory() as session:
            await session.execute(text("SELECT 1"))


@provokes("cached-plan")
async def table_changed(sandbox: Sandbox) -> None:
    """A migration runs while the application is running."""
    query = text("SELECT * FROM projects")
    async with sandbox.postgres("asyncpg") as factory, factory() as session:
        await session.execute(query)
        await session.commit()
        async with factory.begin() as migration:
            await migration.execute(text("ALTER TABLE projects ADD COLUMN colour text"))
        await session.execute(query)


@provokes("prepared-statement-exists")
async def name_taken_asyncpg(sandbox: Sandbox) -> None:
    """Every statement gets the same name: so the names of several clients meet behind PgBouncer."""
    names = {"prepared_statement_name_func": lambda: "same"}
    url = sandbox.postgres_url("asyncpg")
    async with sandbox.engine(url, connect_args=names) as engine, engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        await connection.execute(text("SELECT 2"))


@provokes("prepared-statement-exists")
async def name_taken_psycopg(sandbox: Sandbox) -> None:
    """Another client has taken the names; psycopg prepares what it is asked for the sixth time."""
    taken = "".join(f"EXECUTE 'PREPARE _pg3_{number} AS SELECT 1';" for number in range(9))
    async with sandbox.postgres("psycopg") as factory, factory() as session:
        await session.execute(text(f"DO $$ BEGIN {taken} END $$"))
        for _ in range(6):
            await session.execute(text("SELECT 1"))


@provokes("two-statements")
async def two_statements_asyncpg(sandbox: Sandbox) -> None:
    """With asyncpg: it prepares every statement."""
    async with sandbox.postgres("asyncpg") as factory, factory() as session:
        await session.execute(text("SELECT 1; SELECT 2"))


@provokes("two-statements")
async def two_statements_psycopg(sandbox: Sandbox) -> None:
    """With psycopg: it prepares those with values."""
    async with sandbox.postgres("psycopg") as factory, factory() as session:
        await session.execute(text("SELECT 1; SELECT :number"), {"number": 2})


@provokes("two-statements")
async def two_statements_sqlite(sandbox: Sandbox) -> None:
    """SQLite's driver takes one, too."""
    async with sandbox.sqlite() as factory, factory() as session:
        await session.execute(text("SELECT 1; SELECT 2"))


@provokes("could-not-serialize")
async def changed_by_another(sandbox: Sandbox) -> None:
    """Both have read the row; the first to write wins."""
    async with sandbox.postgres("asyncpg") as factory, factory() as first, factory() as second:
        for session in (first, second):
            await session.connection(execution_options=SERIALIZABLE)
            (await session.get_one(Todo, 1)).done += 1
        await first.commit()
        await second.commit()


@provokes("could-not-serialize")
async def deadlock(sandbox: Sandbox) -> None:
    """Each holds what the other wants."""

    async def lock(session: AsyncSession, id: int) -> Any:
        return await session.get_one(Todo, id, with_for_update=True)

    async with sandbox.postgres("psycopg") as factory, factory() as first, factory() as second:
        await lock(first, 1)
        await lock(second, 2)
        outcomes = await asyncio.gather(lock(first, 2), lock(second, 1), return_exceptions=True)
        raise next(each for each in outcomes if isinstance(each, BaseException))
