"""Engines, drivers, the pool, and what a query gives back."""

import asyncio
import warnings

from sqlalchemy import MetaData, Table, create_engine, event, inspect, select
from sqlalchemy.exc import SAWarning
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from . import Elsewhere, provokes
from .sandbox import Base, Sandbox, Todo


@provokes("create-all-on-async-engine")
async def create_all_on_the_engine(sandbox: Sandbox) -> None:
    """`create_all` is a synchronous function."""
    async with sandbox.engine() as engine:
        Base.metadata.create_all(engine)


@provokes("create-all-on-async-engine")
async def create_all_on_the_connection(sandbox: Sandbox) -> None:
    """The same with a connection."""
    async with sandbox.engine() as engine, engine.begin() as connection:
        Base.metadata.create_all(connection)


@provokes("create-all-called")
async def create_all_with_parentheses(sandbox: Sandbox) -> None:
    """It is called before `run_sync` gets it."""
    async with sandbox.engine() as engine, engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all())


@provokes("create-all-in-session")
async def create_all_through_a_session(sandbox: Sandbox) -> None:
    """A session hands over a session."""
    async with sandbox.sqlite() as factory, factory() as session:
        await session.run_sync(Base.metadata.create_all)


@provokes("sync-engine-of-sync-engine")
def sync_engine_of_a_synchronous_engine(sandbox: Sandbox) -> None:
    """Half of the two lines was changed."""
    create_engine("sqlite://").sync_engine  # noqa: B018


@provokes("engine-has-no-close")
async def close_an_engine(sandbox: Sandbox) -> None:
    """As one closes a session."""
    async with sandbox.engine() as engine:
        await engine.close()


@provokes("async-not-inspected")
async def inspect_an_engine(sandbox: Sandbox) -> None:
    """Reflection sends queries."""
    async with sandbox.engine() as engine:
        inspect(engine)


@provokes("async-not-inspected")
async def reflect_a_table(sandbox: Sandbox) -> None:
    """The same for a single table."""
    async with sandbox.engine() as engine, engine.connect() as connection:
        Table("todos", MetaData(), autoload_with=connection)


@provokes("events-are-synchronous")
async def listen_to_an_engine(sandbox: Sandbox) -> None:
    """A listener is a plain function."""
    async with sandbox.engine() as engine:
        event.listen(engine, "connect", print)


@provokes("events-are-synchronous")
async def listen_to_a_factory(sandbox: Sandbox) -> None:
    """SQLAlchemy knows no events of it."""
    async with sandbox.sqlite() as factory:
        event.listen(factory, "before_flush", print)


@provokes("sync-driver")
async def sync_sqlite_driver(sandbox: Sandbox) -> None:
    """The address of the synchronous app."""
    create_async_engine("sqlite:///todo.db")


@provokes("io-outside-await")
async def sync_engine_on_an_async_driver(sandbox: Sandbox) -> None:
    """The other way round: the right URL in the wrong function."""
    create_engine(sandbox.file).connect()


NO_GREENLET = """
import asyncio, sys, traceback

async def main():
    from sqlalchemy.ext.asyncio import create_async_engine
    async with create_async_engine("sqlite+aiosqlite://").connect():
        pass

sys.modules["greenlet"] = None  # what an import finds that is not installed
try:
    asyncio.run(main())
except Exception as error:
    traceback.print_exc()
    # Without greenlet the lab cannot be imported either: begin again, with it.
    for name in [name for name in sys.modules if name.partition(".")[0] in ("greenlet", "sqlalchemy")]:
        del sys.modules[name]
    from todo_lib.lab.errors.lookup import find
    print(find(error).key)
"""


@provokes("greenlet-not-installed")
def import_without_greenlet(sandbox: Sandbox) -> Elsewhere:
    """SQLAlchemy 2.1 no longer installs greenlet by itself."""
    done = sandbox.python("-c", NO_GREENLET)
    assert done.returncode == 0, done.stderr
    return Elsewhere(done.stdout.strip(), done.stderr)


@provokes("result-not-subscriptable")
async def first_of_a_result(sandbox: Sandbox) -> None:
    """A result is read, not indexed."""
    async with sandbox.sqlite() as factory, factory() as session:
        result = await session.execute(select(Todo))
        print(result[0])


@provokes("result-not-subscriptable")
async def first_of_scalars(sandbox: Sandbox) -> None:
    """The same with `scalars`."""
    async with sandbox.sqlite() as factory, factory() as session:
        print((await session.scalars(select(Todo)))[0])


@provokes("no-result-found")
async def one_of_none(sandbox: Sandbox) -> None:
    """There is no to-do 99."""
    async with sandbox.sqlite() as factory, factory() as session:
        (await session.scalars(select(Todo).where(Todo.id == 99))).one()


@provokes("no-result-found")
async def get_one_of_none(sandbox: Sandbox) -> None:
    """The same with `get_one`."""
    async with sandbox.sqlite() as factory, factory() as session:
        await session.get_one(Todo, 99)


@provokes("pool-exhausted")
async def four_holders(sandbox: Sandbox) -> None:
    """Three connections, four who want one at the same time."""
    async with sandbox.sqlite(pool_size=2, max_overflow=1, pool_timeout=0.1) as factory:

        async def hold() -> None:
            async with factory() as session:
                await session.get(Todo, 1)
                await asyncio.sleep(0.3)

        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(hold())


CELL = """
class Note(base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
"""


@provokes("model-defined-twice")
def run_the_cell_again(sandbox: Sandbox) -> None:
    """A notebook's cell with a model is run for the second time."""
    names = names_of_a_notebook()
    exec(CELL, names)  # noqa: S102
    with warnings.catch_warnings(action="ignore", category=SAWarning):
        exec(CELL, names)  # noqa: S102


@provokes("model-defined-twice")
def run_the_cell_again_and_read_the_warning(sandbox: Sandbox) -> None:
    """The warning that comes before the error; tests make it an error, too."""
    names = names_of_a_notebook()
    exec(CELL, names)  # noqa: S102
    with warnings.catch_warnings(action="error", category=SAWarning):
        exec(CELL, names)  # noqa: S102


def names_of_a_notebook() -> dict[str, object]:
    """Return what the cell needs; each time another Base, so that no test sees the table of another."""
    base = type("OwnBase", (DeclarativeBase,), {})
    return {"base": base, "Mapped": Mapped, "mapped_column": mapped_column, "__name__": "notebook"}
