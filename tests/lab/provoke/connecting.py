"""The way to the database: addresses, drivers, servers that are not there."""

import asyncio
import socket
import threading

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from . import Elsewhere, provokes
from .sandbox import Sandbox


async def connect(sandbox: Sandbox, url: str) -> None:
    """Open a connection."""
    async with sandbox.engine(url) as engine, engine.connect() as connection:
        await connection.execute(text("SELECT 1"))


def closed_port() -> int:
    """Return a port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@provokes("server-not-reachable")
async def refused_asyncpg(sandbox: Sandbox) -> None:
    """The error comes unwrapped."""
    await connect(sandbox, f"postgresql+asyncpg://127.0.0.1:{closed_port()}/todo")


@provokes("server-not-reachable")
async def refused_psycopg(sandbox: Sandbox) -> None:
    """The other driver."""
    await connect(sandbox, f"postgresql+psycopg://127.0.0.1:{closed_port()}/todo")


@provokes("server-not-reachable")
async def unknown_host_asyncpg(sandbox: Sandbox) -> None:
    """No machine has a name that ends so."""
    await connect(sandbox, "postgresql+asyncpg://database.invalid/todo")


@provokes("server-not-reachable")
async def unknown_host_psycopg(sandbox: Sandbox) -> None:
    """The other driver."""
    await connect(sandbox, "postgresql+psycopg://database.invalid/todo")


@provokes("database-or-user-unknown")
async def unknown_database_asyncpg(sandbox: Sandbox) -> None:
    """The server is there, the database is not."""
    url = make_url(sandbox.postgres_url("asyncpg")).set(database="no_such_database")
    await connect(sandbox, url.render_as_string(hide_password=False))


@provokes("database-or-user-unknown")
async def unknown_user_psycopg(sandbox: Sandbox) -> None:
    """Nor is the user."""
    url = make_url(sandbox.postgres_url("psycopg")).set(username="no_such_user")
    await connect(sandbox, url.render_as_string(hide_password=False))


@provokes("cannot-open-file")
async def folder_missing(sandbox: Sandbox) -> None:
    """SQLite makes the file, not its folder."""
    before = set(threading.enumerate())
    try:
        await connect(sandbox, sandbox.file.replace("provoked.db", "no/such/folder/todo.db"))
    finally:
        for thread in set(threading.enumerate()) - before:  # the driver's: it needs the loop once more
            while thread.is_alive():  # noqa: ASYNC110 (a thread sets no asyncio.Event)
                await asyncio.sleep(0.005)


@provokes("unknown-url")
def old_name_of_postgresql(sandbox: Sandbox) -> None:
    """What hosting services give."""
    create_async_engine("postgres://user@localhost/todo")


@provokes("unknown-url")
def driver_misspelt(sandbox: Sandbox) -> None:
    """A letter is missing."""
    create_async_engine("postgresql+asyncp://user@localhost/todo")


@provokes("unknown-url")
def variable_not_set(sandbox: Sandbox) -> None:
    """`os.environ.get` returned an empty text."""
    create_async_engine("")


@provokes("driver-not-installed")
def driver_not_installed(sandbox: Sandbox) -> None:
    """A driver that this course does not use."""
    create_async_engine("postgresql+psycopg2://user@localhost/todo")


@provokes("sslmode")
async def sslmode_for_asyncpg(sandbox: Sandbox) -> None:
    """The words of libpq, which asyncpg is not."""
    url = make_url(sandbox.postgres_url("asyncpg")).update_query_dict({"sslmode": "disable"})
    await connect(sandbox, url.render_as_string(hide_password=False))


# psycopg asks for the platform and the loop when it connects. Elsewhere than on Windows, both are played.
PROACTOR = """
import asyncio, sys, traceback
import psycopg
from todo_lib.lab.errors.lookup import find

asyncio.ProactorEventLoop = asyncio.SelectorEventLoop
sys.platform = "win32"
try:
    asyncio.run(psycopg.AsyncConnection.connect("host=localhost"))
except Exception as error:
    traceback.print_exc()
    print(find(error).key)
"""


@provokes("proactor-loop")
def proactor_loop(sandbox: Sandbox) -> Elsewhere:
    """What psycopg says on Windows, by default."""
    done = sandbox.python("-c", PROACTOR)
    assert done.returncode == 0, done.stderr
    return Elsewhere(done.stdout.strip(), done.stderr)
