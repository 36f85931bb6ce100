"""New, empty databases to try things on; each is deleted at the end of its block."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

SQLITE = "sqlite+aiosqlite"


def temporary_database(driver: str = SQLITE) -> AbstractAsyncContextManager[str]:
    """Give (`async with`) the address of a new, empty database for this driver; it is deleted at the end.

    Raise `NoServerError` there for PostgreSQL without a server.
    """
    if driver == SQLITE:
        return _file()
    from todo_lib.lab.db.postgres import database  # noqa: PLC0415 (asyncpg is for those who need it)

    return database(driver)


@asynccontextmanager
async def _file() -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory(prefix="todo-lab-", ignore_cleanup_errors=True) as folder:
        yield f"{SQLITE}:///{Path(folder, 'todo.db').as_posix()}"
