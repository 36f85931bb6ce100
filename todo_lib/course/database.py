"""A database with the app's tables to try things on, and a look into it from outside."""

from contextlib import AsyncExitStack
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from todo_lib.async_app.database import create_async_session_factory, create_tables, dispose
from todo_lib.lab.db.temporary import SQLITE, temporary_database
from todo_lib.lab.messages import Table

_made: dict[str, AsyncExitStack] = {}


async def new_database(driver: str = SQLITE) -> async_sessionmaker[AsyncSession]:
    """Return a session factory for a new database with empty tables; the one made before is closed and deleted.

    Without a driver it is an SQLite file. `"postgresql+asyncpg"` and `"postgresql+psycopg"` need
    `start_postgres()` before; raise `NoServerError` without a server. Each driver has one database at a time.
    """  # noqa: E501
    if driver in _made:
        await _made.pop(driver).aclose()
    async with AsyncExitStack() as made:
        url = await made.enter_async_context(temporary_database(driver))
        factory = create_async_session_factory(url)
        made.push_async_callback(dispose, factory)
        await create_tables(factory)
        _made[driver] = made.pop_all()
    return factory


async def rows(factory: async_sessionmaker[Any]) -> Table:
    """Return the tasks as a new session finds them: what is not committed is not there."""
    async with factory() as session:
        result = await session.execute(text("SELECT id, name, priority, done FROM tasks ORDER BY id"))
        return Table(tuple(result.keys()), tuple(tuple(row) for row in result))
