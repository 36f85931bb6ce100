"""What is opened with `with`, and what makes it: synchronous, asynchronous, or neither."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from . import provokes
from .sandbox import Project, Sandbox, Todo


async def get_session() -> AsyncIterator[str]:
    """A dependency, as FastAPI wants it."""
    yield "a session"


def get_plain_session() -> Iterator[str]:
    """The same for synchronous code."""
    yield "a session"


@asynccontextmanager
async def open_session() -> AsyncIterator[str]:
    """The same as a block."""
    yield "a session"


@provokes("generator-called")
async def async_with_a_dependency(sandbox: Sandbox) -> None:
    """`async with` on an `async def` with a `yield`."""
    async with get_session() as session:
        print(session)


@provokes("generator-called")
async def await_a_dependency(sandbox: Sandbox) -> None:
    """`await` on it."""
    await get_session()


@provokes("generator-called")
async def plain_with_a_dependency(sandbox: Sandbox) -> None:
    """A plain `with` on it."""
    with get_session() as session:
        print(session)


@provokes("generator-called")
def plain_with_a_plain_dependency(sandbox: Sandbox) -> None:
    """The same with a plain `def`."""
    with get_plain_session() as session:
        print(session)


@provokes("generator-called")
async def query_a_dependency(sandbox: Sandbox) -> None:
    """Used as if it were the session."""
    await get_session().execute(select(Todo))


@provokes("block-not-opened")
async def await_a_block(sandbox: Sandbox) -> None:
    """`await` in the place of `async with`."""
    await open_session()


@provokes("block-not-opened")
async def query_a_block(sandbox: Sandbox) -> None:
    """Used as if it were open."""
    await open_session().execute(select(Todo))


@provokes("sync-with-on-async")
async def plain_with_an_async_block(sandbox: Sandbox) -> None:
    """Here only the `async` is missing."""
    with open_session() as session:
        print(session)


@provokes("open-without-call")
async def async_with_a_method(sandbox: Sandbox) -> None:
    """The parentheses of `connect` are missing."""
    async with sandbox.engine() as engine, engine.connect as connection:
        print(connection)


@provokes("open-without-call")
async def async_for_a_function(sandbox: Sandbox) -> None:
    """Those of a function with `yield`."""
    async for session in get_session:
        print(session)


@provokes("none-opened")
async def async_with_none(sandbox: Sandbox) -> None:
    """A `return` is missing."""

    def open_it() -> None:
        open_session()

    async with open_it() as session:
        print(session)


@provokes("none-opened")
async def plain_with_none(sandbox: Sandbox) -> None:
    """The same without `async`."""
    with None as session:
        print(session)


@provokes("none-opened")
async def async_for_none(sandbox: Sandbox) -> None:
    """The same in a loop."""
    async for row in None:
        print(row)


def synchronous_engine(sandbox: Sandbox) -> Engine:
    """Return an engine of `create_engine` on the file that the others use, too."""
    return create_engine(sandbox.file.replace("+aiosqlite", ""))


@provokes("sync-session-awaited")
async def await_a_plain_session(sandbox: Sandbox) -> None:
    """The result is there at once."""
    async with sandbox.sqlite():
        with Session(synchronous_engine(sandbox)) as session:
            await session.execute(select(Todo))


@provokes("sync-session-awaited")
async def await_a_plain_commit(sandbox: Sandbox) -> None:
    """Here it is None."""
    async with sandbox.sqlite():
        with sessionmaker(synchronous_engine(sandbox))() as session:
            session.add(Project(name="kitchen"))
            await session.commit()


@provokes("sync-session-awaited")
async def await_a_plain_session_of_a_store(sandbox: Sandbox) -> None:
    """The session is an attribute, and the chain goes on."""

    class Store:
        def __init__(self) -> None:
            self.session = scoped_session(sessionmaker(synchronous_engine(sandbox)))

    store = Store()
    async with sandbox.sqlite():
        try:
            await store.session.query(Todo).all()
        finally:
            store.session.remove()


@provokes("sync-session-awaited")
async def await_a_plain_connection(sandbox: Sandbox) -> None:
    """The same with a connection."""
    with synchronous_engine(sandbox).connect() as connection:
        await connection.execute(text("SELECT 1"))


@provokes("sync-session-async-engine")
async def plain_factory_of_an_async_engine(sandbox: Sandbox) -> None:
    """Only the engine was changed."""
    async with sandbox.engine() as engine:
        with sessionmaker(engine)() as session:
            session.execute(select(Todo))


@provokes("sync-session-async-engine")
async def plain_factory_of_an_async_engine_awaited(sandbox: Sandbox) -> None:
    """An `await` in front does not help."""
    async with sandbox.engine() as engine:
        await Session(engine).execute(select(Todo))


@provokes("sync-session-async-engine")
async def plain_session_on_an_async_connection(sandbox: Sandbox) -> None:
    """The same with a connection, which is open."""
    async with sandbox.engine() as engine, engine.connect() as connection:
        Session(connection).get(Project, 1)


@provokes("connection-not-started")
async def connection_not_awaited(sandbox: Sandbox) -> None:
    """`connect()` alone."""
    async with sandbox.engine() as engine:
        connection = engine.connect()
        await connection.execute(text("SELECT 1"))


@provokes("async-session-sync-engine")
def async_session_of_a_plain_engine(sandbox: Sandbox) -> None:
    """Only the session was changed."""
    AsyncSession(create_engine("sqlite://"))


@provokes("async-session-sync-engine")
def async_factory_of_a_plain_engine(sandbox: Sandbox) -> None:
    """A factory says so only when it makes a session."""
    async_sessionmaker(create_engine("sqlite://"))()


@provokes("engine-awaited")
async def await_the_making_of_an_engine(sandbox: Sandbox) -> None:
    """It is made at once."""
    await create_async_engine(sandbox.file)


@provokes("engine-awaited")
def await_the_making_of_an_engine_in_a_plain_def(sandbox: Sandbox) -> None:
    """A plain `def` is right here."""
    file = sandbox.folder / "database.py"
    file.write_text("def make(url):\n    return await create_async_engine(url)\n", "utf-8")
    compile(file.read_text("utf-8"), str(file), "exec")


@provokes("engine-awaited")
async def await_a_session(sandbox: Sandbox) -> None:
    """It is opened, not awaited."""
    async with sandbox.sqlite() as factory:
        await factory()


@provokes("sqlmodel-exec")
async def exec_of_sqlmodel(sandbox: Sandbox) -> None:
    """A line from an article about SQLModel."""
    async with sandbox.sqlite() as factory, factory() as session:
        await session.exec(select(Todo))


@provokes("async-session-sync-engine")
async def async_session_of_the_engine_inside(sandbox: Sandbox) -> None:
    """It is synchronous, too."""
    async with sandbox.engine() as engine:
        async_sessionmaker(engine.sync_engine)()


@provokes("sync-session-awaited")
async def run_sync_of_a_plain_session(sandbox: Sandbox) -> None:
    """Only an asynchronous one has it."""
    with Session(synchronous_engine(sandbox)) as session:
        await session.run_sync(print)


@provokes("statement-awaited")
async def await_a_statement(sandbox: Sandbox) -> None:
    """Nobody sends it."""
    await select(Todo)


@provokes("plain-for-on-async")
async def plain_for_over_a_stream(sandbox: Sandbox) -> None:
    """Each row must be awaited."""
    async with sandbox.sqlite() as factory, factory() as session:
        for row in await session.stream(select(Todo)):
            print(row)


@provokes("decorator-does-not-fit")
def plain_decorator_over_async_def(sandbox: Sandbox) -> None:
    """The other decorator is meant."""
    with contextmanager(get_session)() as session:
        print(session)


@provokes("decorator-does-not-fit")
async def async_decorator_over_plain_def(sandbox: Sandbox) -> None:
    """The other way round."""
    async with asynccontextmanager(get_plain_session)() as session:
        print(session)


@provokes("decorator-does-not-fit")
async def async_decorator_without_yield(sandbox: Sandbox) -> None:
    """A `return` in the place of `yield`."""

    @asynccontextmanager
    async def open_it() -> str:
        return "a session"

    async with open_it() as session:
        print(session)
