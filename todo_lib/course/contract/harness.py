"""A test harness: a fresh database with stores on it, judged from outside, and nothing left behind."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, delete, event, make_url, select, text, update
from sqlalchemy.exc import IllegalStateChangeError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.util import await_only, greenlet_spawn

from todo_lib.async_app import database as async_database
from todo_lib.entities import Base, Task
from todo_lib.lab.checks.connections import Watch, in_use
from todo_lib.lab.db.temporary import temporary_database
from todo_lib.models import TaskInput, TaskOutput
from todo_lib.sync_app import database as sync_database

# Orders that nobody asks for; without an index in them, rows without an order come by their ids.
RIVAL_ORDERS = (
    ("created_at", "priority DESC", "name DESC", "done", "due_date"),
    ("due_date", "priority", "name DESC", "done", "created_at"),
)
NEIGHBOURS = [
    TaskInput(name=f"the one {place}", priority=3, due_date=date(2028, 2, 29), done=False)
    for place in ("before", "that is gone", "after")
]
HAS = "todo_lab_has"  # in a connection's `info`: what its transaction has done so far

# Clients only: the server's own vacuum may be at work in this database, and no plain user may end that.
OTHERS_END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@dataclass(frozen=True)
class Harness:
    """One database under test. Its connection pool is cold: no connection is open yet."""

    open_store: Callable[[], Any]
    """Return another store on the same database, as a second client would have."""
    own_factory: async_sessionmaker[AsyncSession]
    """Sessions of the harness's own, on another engine: what they see is really in the database."""
    engine: Engine
    """What the stores were given."""
    watch: Watch
    """What their calls did that no call may do."""

    def checked_out(self) -> int:
        """Return how many connections the stores hold at this moment."""
        return int(self.engine.pool.checkedout())  # type: ignore[attr-defined]

    @contextmanager
    def meanwhile(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Iterator[None]:
        """In this block, let another client do its work before each statement of the stores.

        Unless they have begun to write: on SQLite it would wait for their lock, and they for it.
        """
        loop = asyncio.get_running_loop()

        def work_first(connection: Connection, cursor: Any, statement: str, *others: Any) -> None:
            reads, has = statement.lstrip().upper().startswith("SELECT"), connection.info.get(HAS)
            if has != "written" and (reads or has == "read"):
                _run_here(work(), loop)
            connection.info[HAS] = "read" if reads and has != "written" else "written"

        def forget(connection: Connection) -> None:
            connection.info.pop(HAS, None)

        listeners = ((self.engine, "before_cursor_execute", work_first), (self.engine, "begin", forget))
        for listener in listeners:
            event.listen(*listener)
        try:
            yield
        finally:
            for listener in listeners:
                event.remove(*listener)

    async def insert(self, **values: Any) -> int:
        """Write a row behind the stores' back; return its id."""
        async with self.own_factory.begin() as session:
            task = Task(**values)
            session.add(task)
            await session.flush()
            return task.id

    async def insert_all(self, tasks: Iterable[TaskInput], **values: Any) -> list[TaskOutput]:
        """Write many rows behind the stores' back; return them as they are stored."""
        async with self.own_factory.begin() as session:
            rows = [Task(**task.model_dump(), **values) for task in tasks]
            session.add_all(rows)
            await session.flush()
            return [TaskOutput.model_validate(row) for row in rows]

    async def remove(self, id: int) -> None:
        """Delete a row behind the stores' back."""
        async with self.own_factory.begin() as session:
            await session.execute(delete(Task).where(Task.id == id))

    async def change(self, id: int, **values: Any) -> None:
        """Change a row behind the stores' back."""
        async with self.own_factory.begin() as session:
            await session.execute(update(Task).where(Task.id == id).values(**values))

    async def gap(self) -> int:
        """Return the id of a task that is gone; there is one before it, and one after."""
        _, middle, _ = await self.insert_all(NEIGHBOURS)
        await self.remove(middle.id)
        return middle.id

    async def stored(self) -> dict[int, TaskOutput]:
        """Return every task by its id, as it stands in the database."""
        async with self.own_factory() as session:
            tasks = await session.scalars(select(Task).order_by(Task.id))
            return {task.id: TaskOutput.model_validate(task) for task in tasks}


def _run_here(work: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop) -> None:
    """Wait for a coroutine in an event of SQLAlchemy: in the loop, in a greenlet, or in another thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run_coroutine_threadsafe(work, loop).result()
    else:
        await_only(work)


class SyncStore:
    """Let async code call a synchronous store: each call in a thread, with a session of its own.

    FastAPI does the same with a `def` endpoint.
    """

    def __init__(self, store_class: Callable[[Session], Any], factory: sessionmaker[Session]) -> None:
        self._store_class = store_class
        self._factory = factory

    def __getattr__(self, method: str) -> Callable[..., Any]:
        async def call(*args: Any) -> Any:
            return await asyncio.to_thread(self._call, method, *args)

        return call

    def _call(self, method: str, *args: Any) -> Any:
        with self._factory() as session:
            return getattr(self._store_class(session), method)(*args)


@asynccontextmanager
async def async_harness(store_class: Callable[..., Any], url: str | None = None) -> AsyncIterator[Harness]:
    """Give stores of `store_class(factory)` a database: the one at `url`, emptied, or a new SQLite file."""
    async with _database(url) as (place, own_factory), tracked_factory(place) as factory:
        with _harness(lambda: store_class(factory), own_factory, factory.kw["bind"].sync_engine) as harness:
            yield harness


@contextmanager
def _harness(
    make: Callable[[], Any], own_factory: async_sessionmaker[AsyncSession], engine: Engine
) -> Iterator[Harness]:
    watch = Watch(engine, own_factory.kw["bind"].sync_engine)
    with watch.watching():
        yield Harness(make, own_factory, engine, watch)


@asynccontextmanager
async def tracked_factory(url: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Give a session factory for `url`.

    At the end close its sessions, even those left open, and its engine.
    """
    factory = async_database.create_async_session_factory(url)
    _make_strict(factory.kw["bind"].sync_engine)
    opened: list[AsyncSession] = []
    kept = in_use(factory.kw["bind"].sync_engine)

    class RememberedSession(AsyncSession):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            opened.append(self)

    # The learner reads its name in errors, and knows only the one of SQLAlchemy.
    RememberedSession.__name__ = RememberedSession.__qualname__ = AsyncSession.__name__
    try:
        yield async_sessionmaker(**{**factory.kw, "class_": RememberedSession})
    finally:
        for session in opened:
            await _close(session)
        for connection in [*kept]:
            with suppress(Exception):
                await greenlet_spawn(connection.invalidate)
        await async_database.dispose(factory)


async def _close(session: AsyncSession) -> None:
    """Close a session that a store left open, or that two tasks broke: it must not keep its connection.

    A task that nobody waited for may still be using it. That takes a moment; only then can it be closed.
    """
    for _ in range(100):
        try:
            return await session.close()
        except IllegalStateChangeError:
            await asyncio.sleep(0.01)
        except Exception:  # noqa: BLE001 (whatever the broken session says, its connection must go)
            break
    with suppress(Exception):
        await session.invalidate()


@asynccontextmanager
async def sync_harness(store_class: Callable[..., Any], url: str | None = None) -> AsyncIterator[Harness]:
    """Give stores of `store_class(session)` a database.

    `url` is as for `async_harness`, with its async driver.
    """
    async with _database(url) as (place, own_factory):
        factory = sync_database.create_session_factory(place.replace("+aiosqlite", ""))
        _make_strict(factory.kw["bind"])
        try:
            with _harness(
                lambda: SyncStore(store_class, factory), own_factory, factory.kw["bind"]
            ) as harness:
                yield harness
        finally:
            sync_database.dispose(factory)


@asynccontextmanager
async def _database(url: str | None) -> AsyncIterator[tuple[str, async_sessionmaker[AsyncSession]]]:
    async with AsyncExitStack() as stack:
        if url:
            place = url
        else:
            place = await stack.enter_async_context(temporary_database())
            _lay_empty_tables(place)
        factory = async_database.create_async_session_factory(place)
        _make_strict(factory.kw["bind"].sync_engine)
        stack.push_async_callback(async_database.dispose, factory)
        if url:
            await empty(factory, Base.metadata)
            await async_database.create_tables(factory)
        yield place, factory


def _lay_empty_tables(url: str) -> None:
    """Write a SQLite file with empty tables.

    A check needs many of them, and creating them takes ten times as long.
    """
    file = make_url(url).database
    assert file, "a database in a file"
    Path(file).write_bytes(_empty_tables())


@cache
def _empty_tables() -> bytes:
    factory = sync_database.create_session_factory("sqlite://")
    sync_database.create_tables(factory)
    with factory.kw["bind"].connect() as connection:
        # Each holds all there is, so SQLite would rather read them than the table: in their order.
        for columns in RIVAL_ORDERS:
            connection.execute(text(f"CREATE INDEX rival_{columns[0]} ON tasks ({', '.join(columns)})"))
        made: bytes = connection.connection.dbapi_connection.serialize()
    sync_database.dispose(factory)
    return made


async def empty(factory: async_sessionmaker[AsyncSession], metadata: MetaData) -> None:
    """Drop these tables.

    On PostgreSQL cut off who still uses them: their locks would be waited for, for ever.
    """
    async with factory.kw["bind"].begin() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(text(OTHERS_END))
        await connection.run_sync(metadata.drop_all)


def _make_strict(engine: Engine) -> None:
    """Let SQLite show what else stays hidden: a missing order, soon a lock that is never given back."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_strict)


def _set_strict(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = OFF")  # nothing in it must survive a power cut
    cursor.execute("PRAGMA reverse_unordered_selects = ON")  # rows without an order come backwards
    cursor.execute("PRAGMA busy_timeout = 4000")  # milliseconds; a learner is waiting for the verdict
    cursor.close()
