"""What shows only with a database server."""

import asyncio
from datetime import UTC, datetime

import asyncpg
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import create_async_engine

from . import provokes
from .stage import Stage, Todo, new_loop

MANY = 300


def engine_used_by_two_loops(stage: Stage, driver: str) -> BaseException | None:
    """Use one engine in one event loop, then in another; return what the second one raises."""
    engine = create_async_engine(stage.postgres_url(driver))

    async def use() -> None:
        async with engine.connect() as connection:
            await connection.scalar(text("SELECT 1"))

    with new_loop() as first:
        first.run(use())
        try:
            with new_loop() as second:
                second.run(use())
        except Exception as error:  # noqa: BLE001 (any error may be the one)
            return error
        finally:
            first.run(engine.dispose())
    return None


@provokes("different-loop")
def module_level_engine(stage: Stage) -> BaseException:
    """What happens to an engine that is made when a module is imported: each test has its own loop."""
    assert engine_used_by_two_loops(stage, "psycopg") is None
    return engine_used_by_two_loops(stage, "asyncpg")


@provokes("another-operation")
async def two_tasks_one_connection(stage: Stage) -> None:
    """A second query while the first is running."""
    connection = await asyncpg.connect(stage.postgres_url("asyncpg").replace("+asyncpg", ""))
    try:
        queries = (connection.fetch("SELECT pg_sleep(0.02)"), connection.fetch("SELECT 1"))
        outcomes = await asyncio.gather(*queries, return_exceptions=True)
        raise next(each for each in outcomes if isinstance(each, BaseException))
    finally:
        await connection.close()


@provokes("aware-datetime")
async def aware_datetime(stage: Stage) -> None:
    """A time with a zone for a column without one. The other drivers say nothing."""
    aware = datetime(2028, 2, 29, tzinfo=UTC)
    for silent in (stage.sqlite(), stage.postgres("psycopg")):
        async with silent as factory, factory() as session:
            session.add(Todo(project_id=1, name="plant", due=aware))
            await session.commit()
    async with stage.postgres("asyncpg") as factory, factory() as session:
        session.add(Todo(project_id=1, name="plant", due=aware))
        await session.commit()


@provokes("aware-datetime")
async def aware_datetime_in_a_filter(stage: Stage) -> None:
    """The same in a WHERE."""
    async with stage.postgres("asyncpg") as factory, factory() as session:
        await session.scalars(select(Todo).where(Todo.due < datetime.now(UTC)))


@provokes("too-many-clients")
async def engine_per_request_asyncpg(stage: Stage) -> None:
    """Each engine keeps its connection."""
    await engine_per_request(stage, "asyncpg")


@provokes("too-many-clients")
async def engine_per_request_psycopg(stage: Stage) -> None:
    """The other driver."""
    await engine_per_request(stage, "psycopg")


async def engine_per_request(stage: Stage, driver: str) -> None:
    """Make an engine per request until the server has had enough."""
    engines = []
    try:
        for _ in range(MANY):
            engines.append(create_async_engine(stage.postgres_url(driver)))
            async with engines[-1].connect() as connection:
                await connection.scalar(text("SELECT 1"))
    finally:
        for engine in engines:
            await engine.dispose()
