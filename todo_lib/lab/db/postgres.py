"""PostgreSQL in a notebook: `await start_postgres()`, then `await new_database("postgresql+asyncpg")`."""

import asyncio
import atexit
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from uuid import uuid4

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from todo_lib.lab.db.postgres_server import VARIABLE, NoServerError, postgres_url
from todo_lib.lab.kernel import requirements
from todo_lib.lab.messages import Note

ROLE = "todo_lab"  # an application's user: it owns its database, and is no superuser
PASSWORD = f"{ROLE}-only-for-play"
CONNECTIONS = 60  # that one scratch database allows at a time
CONNECT_TIMEOUT = 10.0  # seconds for a server to answer
# Upper and lower case of every alphabet, wherever the server stands. Older servers: as they were set up.
LOCALE = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'"
KNOWS_LOCALE = 17  # the first version of PostgreSQL that does

DRIVERS = ("postgresql+asyncpg", "postgresql+psycopg")

_running = ExitStack()
_server = ""
_made: set[str] = set()


async def running_server() -> str:
    """Return the address of this process's server; the first call starts one, or tries `TODO_POSTGRES_URL`.

    A server that was started ends with the process. Raise `NoServerError` if there is none.
    """
    global _server  # noqa: PLW0603 (one server per process)
    if not _server:
        with ExitStack() as tried:
            address = await asyncio.to_thread(tried.enter_context, postgres_url())
            await _refuse_what_will_not_do(address)
            _running.push(tried.pop_all())
        _server = address
        atexit.register(_stop)
        requirements.here.add("PostgreSQL")
    return _server


async def start_postgres() -> Note:
    """Start a PostgreSQL server for this kernel, or use the one at `TODO_POSTGRES_URL`; return what there is.

    Called again, it does nothing more. Without a server, cells that need one are skipped.
    """
    try:
        await running_server()
    except NoServerError as error:
        lines = (f"{error}.", "Cells that need it are skipped; all others work.")
        return Note("?", "no PostgreSQL here", (*lines, f"next: {error.fix}; then restart the kernel."))
    return Note("✓", "PostgreSQL is ready", ("Databases made here are dropped again.",))


def drivers_here() -> tuple[str, ...]:
    """Return the drivers that can be used in this event loop; none if no server was started."""
    usual_on_windows = getattr(asyncio, "ProactorEventLoop", ())  # psycopg cannot use that loop
    without_psycopg = isinstance(asyncio.get_running_loop(), usual_on_windows)
    return (DRIVERS[:1] if without_psycopg else DRIVERS) if _server else ()


@asynccontextmanager
async def database(driver: str, server: str = "", connections: int = CONNECTIONS) -> AsyncIterator[str]:
    """Give the address of a new, empty database for this driver; drop it at the end.

    The driver is for instance "postgresql+asyncpg". `server` is the address of a user who may create
    databases and roles; without it, the server that was started. `connections` is how many the database
    allows at a time. Raise `NoServerError` if there is none.
    """
    address, name = server or _server, f"{ROLE}_{uuid4().hex[:8]}"
    if not address:
        raise NoServerError("no PostgreSQL was started here", "`await start_postgres()`")
    connection = await _connect(address)
    try:
        await _create_role(connection)
        new = connection.get_server_version().major >= KNOWS_LOCALE
        await connection.execute(
            f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE template0 ENCODING 'UTF8' {LOCALE if new else ''} "
            f"CONNECTION LIMIT {connections}"
        )
        _made.add(name)
        await connection.execute(f"ALTER DATABASE {name} SET timezone TO 'UTC'")
    finally:
        await connection.close()
    try:
        own = make_url(address).set(drivername=driver, database=name, username=ROLE, password=PASSWORD)
        yield own.render_as_string(hide_password=False)
    finally:
        await _drop(address, name)


async def _create_role(connection: asyncpg.Connection) -> None:
    with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):  # two may try at once
        await connection.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")
    if not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        # To give a database to somebody one must be able to act as that somebody.
        await connection.execute(f"GRANT {ROLE} TO CURRENT_USER")


async def _drop(address: str, *names: str) -> None:
    connection = await _connect(address)
    try:
        for name in names:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            _made.discard(name)
    finally:
        await connection.close()


async def _connect(address: str) -> asyncpg.Connection:
    plain = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    return await asyncpg.connect(plain, timeout=CONNECT_TIMEOUT)


async def _refuse_what_will_not_do(address: str) -> None:
    """Raise `NoServerError` if the address leads nowhere, or to somebody who may not create databases."""
    fix = f"repair {VARIABLE}; without the variable a server is started for you"
    try:
        connection = await _connect(address)
    except (
        OSError,
        TimeoutError,
        ArgumentError,
        ValueError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
    ) as e:
        raise NoServerError(f"no server answers at {VARIABLE}: {type(e).__name__}: {e}", fix) from e
    try:
        rights = (
            "SELECT rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user"
        )
        if not await connection.fetchval(rights):
            raise NoServerError(f"the user of {VARIABLE} may not create databases and roles", fix)
    finally:
        await connection.close()


def _stop() -> None:
    """Stop the server that was started; on somebody else's, leave no database behind."""
    with _running, suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        if _made:
            asyncio.run(_drop(_server, *_made))
