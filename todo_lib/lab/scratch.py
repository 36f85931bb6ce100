"""A database to try things on, and a look into it from outside."""

import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from todo_lib.async_app.database import create_async_session_factory, create_tables, dispose
from todo_lib.lab.show import Table

_folder: tempfile.TemporaryDirectory[str] | None = None
_factory: async_sessionmaker[AsyncSession] | None = None


async def new_database() -> async_sessionmaker[AsyncSession]:
    """Return a session factory for a new, empty SQLite file; the one made before is closed and deleted."""
    global _folder, _factory  # noqa: PLW0603 (one scratch database per kernel)
    if _factory is not None:
        await dispose(_factory)
    if _folder is not None:
        _folder.cleanup()
    _folder = tempfile.TemporaryDirectory(prefix="todo-lab-", ignore_cleanup_errors=True)
    _factory = create_async_session_factory(f"sqlite+aiosqlite:///{Path(_folder.name, 'todo.db').as_posix()}")
    await create_tables(_factory)
    return _factory


async def rows(factory: async_sessionmaker[Any]) -> Table:
    """Return the tasks as a new session finds them: what is not committed is not there."""
    async with factory() as session:
        result = await session.execute(text("SELECT id, name, priority, done FROM tasks ORDER BY id"))
        return Table(tuple(result.keys()), tuple(tuple(row) for row in result))
