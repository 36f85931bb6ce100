"""A test harness: a fresh database with stores on it, judged from outside, and nothing left behind."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, MetaData, event, make_url, select, text
from sqlalchemy.exc import IllegalStateChangeError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, sessionmaker

from todo_lib.async_app import database as async_database
from todo_lib.entities import Base, Task
from todo_lib.lab.db.temporary import temporary_database
from todo_lib.models import TaskInput, TaskOutput
from todo_lib.sync_app import database as sync_database

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
    checked_out: Callable[[], int]
    """Return how many connections the stores hold at this moment."""

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

    async def stored(self) -> dict[int, TaskOutput]:
        """Return every task by its id, as it stands in the database."""
        async with self.own_factory() as session:
            tasks = await session.scalars(select(Task).order_by(Task.id))
            return {task.id: TaskOutput.model_validate(task) for task in tasks}


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
        yield Harness(
            open_store=lambda: store_class(factory),
            own_factory=own_factory,
            checked_out=factory.kw["bind"].pool.checkedout,
        )


@asynccontextmanager
async def tracked_factory(url: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Give a session factory for `url`.

    At the end close its sessions, even those left open, and its engine.
    """
    factory = async_database.create_async_session_factory(url)
    _make_strict(factory.kw["bind"].sync_engine)
    opened: list[AsyncSession] = []

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
            yield Harness(
                open_store=lambda: SyncStore(store_class, factory),
                own_factory=own_factory,
                checked_out=factory.kw["bind"].pool.checkedout,
            )
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
    """Let SQLite show what else stays hidden: a missing order, and soon a lock that is never given back.

    And let it not wait for the disk: a check takes less time.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_strict)


def _set_strict(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = OFF")  # nothing in it must survive a power cut
    cursor.execute("PRAGMA reverse_unordered_selects = ON")  # rows without an order come backwards
    cursor.execute("PRAGMA busy_timeout = 4000")  # milliseconds; a learner is waiting for the verdict
    cursor.close()
