"""From a database URL to sessions."""

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from todo_lib.entities import Base
from todo_lib.sqlite import prepare_sqlite

DEFAULT_URL = "sqlite+aiosqlite:///todo.db"


def create_async_session_factory(url: str) -> async_sessionmaker[AsyncSession]:
    """Return what opens sessions on a new engine for `url`. Whoever calls this calls `dispose` at the end."""
    engine = create_async_engine(url)
    prepare_sqlite(engine.sync_engine)
    return async_sessionmaker(engine, expire_on_commit=False)


async def create_tables(factory: async_sessionmaker[AsyncSession]) -> None:
    """Create the tables that are missing."""
    async with factory.kw["bind"].begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


async def dispose(factory: async_sessionmaker[AsyncSession]) -> None:
    """Close every connection of the factory's engine."""
    await factory.kw["bind"].dispose()
