"""What shows only with a database server."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import asyncpg
from sqlalchemy import Executable, func, insert, make_url, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from todo_lib.lab.db.postgres import database
from todo_lib.lab.db.postgres_server import postgres_url

from . import provokes
from .sandbox import Project, Sandbox, Todo, new_loop

FEW = 20  # connections of a server that is to be exhausted


def engine_used_by_two_loops(sandbox: Sandbox, driver: str) -> BaseException | None:
    """Use one engine in one event loop, then in another; return what the second one raises."""
    engine = create_async_engine(sandbox.postgres_url(driver))

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
def module_level_engine(sandbox: Sandbox) -> BaseException:
    """What happens to an engine that is made when a module is imported: each test has its own loop."""
    assert engine_used_by_two_loops(sandbox, "psycopg") is None
    return engine_used_by_two_loops(sandbox, "asyncpg")


@provokes("another-operation")
async def two_tasks_one_connection(sandbox: Sandbox) -> None:
    """A second query while the first is running."""
    connection = await asyncpg.connect(sandbox.postgres_url("asyncpg").replace("+asyncpg", ""))
    try:
        queries = (connection.fetch("SELECT pg_sleep(0.02)"), connection.fetch("SELECT 1"))
        outcomes = await asyncio.gather(*queries, return_exceptions=True)
        raise next(each for each in outcomes if isinstance(each, BaseException))
    finally:
        await connection.close()


@provokes("aware-datetime")
async def aware_datetime(sandbox: Sandbox) -> None:
    """A time with a zone for a column without one. The other drivers say nothing."""
    aware = datetime(2028, 2, 29, tzinfo=UTC)
    for silent in (sandbox.sqlite(), sandbox.postgres("psycopg")):
        async with silent as factory, factory() as session:
            session.add(Todo(project_id=1, name="plant", due=aware))
            await session.commit()
    async with sandbox.postgres("asyncpg") as factory, factory() as session:
        session.add(Todo(project_id=1, name="plant", due=aware))
        await session.commit()


@provokes("aware-datetime")
async def aware_datetime_in_a_filter(sandbox: Sandbox) -> None:
    """The same in a WHERE."""
    async with sandbox.postgres("asyncpg") as factory, factory() as session:
        await session.scalars(select(Todo).where(Todo.due < datetime.now(UTC)))


@provokes("aborted-transaction")
async def go_on_after_an_error_asyncpg(sandbox: Sandbox) -> None:
    """The error was caught; the transaction has ended all the same."""
    await go_on_after_an_error(sandbox, "asyncpg")


@provokes("aborted-transaction")
async def go_on_after_an_error_psycopg(sandbox: Sandbox) -> None:
    """The other driver."""
    await go_on_after_an_error(sandbox, "psycopg")


async def go_on_after_an_error(sandbox: Sandbox, driver: str) -> None:
    """Insert a name that is taken, ignore the error, ask for something else. SQLite answers."""
    for factory_maker in (sandbox.sqlite, partial(sandbox.postgres, driver)):
        async with factory_maker() as factory, factory() as session:
            with suppress(IntegrityError):
                await session.execute(insert(Project).values(name="garden"))
            await session.execute(select(Project.id))


@provokes("only-in-sqlite")
async def number_of_rows(sandbox: Sandbox) -> None:
    """SQLite numbers its rows by itself."""
    await only_in_sqlite(sandbox, text("SELECT id FROM todos ORDER BY rowid"))


@provokes("only-in-sqlite")
async def booleans_as_numbers(sandbox: Sandbox) -> None:
    """They are numbers in SQLite."""
    await only_in_sqlite(sandbox, select(func.sum(Todo.name == "dig")))


@provokes("only-in-sqlite")
async def function_of_sqlite(sandbox: Sandbox) -> None:
    """PostgreSQL has no such function."""
    await only_in_sqlite(sandbox, select(func.ifnull(Todo.due, Todo.due)))


@provokes("value-of-wrong-type")
async def text_for_a_number(sandbox: Sandbox) -> None:
    """The id comes from an address, as a text."""
    await only_in_sqlite(sandbox, select(Todo).where(Todo.id == "1"))


@provokes("value-of-wrong-type")
async def truth_for_a_number(sandbox: Sandbox) -> None:
    """`done` is a number."""
    await only_in_sqlite(sandbox, select(Todo).where(Todo.done == True))


@provokes("value-of-wrong-type")
async def get_by_a_text(sandbox: Sandbox) -> None:
    """Here asyncpg itself refuses: `get` knows the type of the column."""
    async with sandbox.postgres("asyncpg") as factory, factory() as session:
        await session.get(Todo, "1")


@provokes("value-of-wrong-type")
async def get_by_a_word(sandbox: Sandbox) -> None:
    """With psycopg the server reads it, and cannot."""
    async with sandbox.postgres("psycopg") as factory, factory() as session:
        await session.get(Todo, "one")


@provokes("value-of-wrong-type")
async def dates_as_texts(sandbox: Sandbox) -> None:
    """They are texts in SQLite."""
    await only_in_sqlite(sandbox, text("SELECT id FROM todos WHERE due <= :day").bindparams(day="2028-02-29"))


async def only_in_sqlite(sandbox: Sandbox, query: Executable) -> None:
    """Ask SQLite, which answers, then PostgreSQL."""
    for factory_maker in (sandbox.sqlite, partial(sandbox.postgres, "asyncpg")):
        async with factory_maker() as factory, factory() as session:
            await session.execute(query)


@provokes("too-many-clients")
async def engine_per_request_asyncpg(sandbox: Sandbox) -> None:
    """Each engine keeps its connection."""
    await engine_per_request_on_own_server("asyncpg")


@provokes("too-many-clients")
async def engine_per_request_psycopg(sandbox: Sandbox) -> None:
    """The other driver."""
    await engine_per_request_on_own_server("psycopg")


@provokes("too-many-clients")
async def engine_per_request_with_a_limit(sandbox: Sandbox) -> None:
    """A database can have a limit of its own; PostgreSQL says it in other words."""
    async with database("postgresql+asyncpg", sandbox.postgres_url("asyncpg"), connections=3) as url:
        await engine_per_request(url)


async def engine_per_request_on_own_server(driver: str) -> None:
    """Exhaust a server that nobody else uses: the others must not suffer."""
    with postgres_url(own=True, max_connections=FEW) as url:
        own = make_url(url).set(drivername=f"postgresql+{driver}")
        await engine_per_request(own.render_as_string(hide_password=False))


async def engine_per_request(url: str) -> None:
    """Make an engine per request until the server has had enough."""
    engines = []
    try:
        for _ in range(2 * FEW):
            engines.append(create_async_engine(url))
            async with engines[-1].connect() as connection:
                await connection.scalar(text("SELECT 1"))
    finally:
        for engine in engines:
            await engine.dispose()
