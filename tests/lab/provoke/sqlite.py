"""What SQLite and its driver do differently."""

import asyncio
import gc
import subprocess
import sys
import threading
import warnings

import aiosqlite
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.pool import StaticPool

from . import provokes
from .sandbox import Project, Sandbox, Todo, fill


@provokes("database-locked")
async def two_writers(sandbox: Sandbox) -> None:
    """The first writer has not committed; the second waits for its patience to end."""
    async with sandbox.sqlite(connect_args={"timeout": 0.05}) as factory, factory() as first:
        first.add(Project(name="kitchen"))
        await first.flush()
        async with factory() as second:
            second.add(Project(name="cellar"))
            await second.flush()


@provokes("database-locked")
async def read_then_write(sandbox: Sandbox) -> None:
    """A transaction that began by reading may not write once another one has: no waiting helps."""
    begin, add_one = text("BEGIN"), text("UPDATE todos SET done = done + 1 WHERE id = 1")
    async with (
        sandbox.sqlite(isolation_level="AUTOCOMMIT", connect_args={"timeout": 5}) as factory,
        factory.kw["bind"].connect() as reader,
        factory.kw["bind"].connect() as writer,
    ):
        await reader.execute(text("PRAGMA journal_mode = WAL"))
        await reader.execute(begin)
        await reader.scalar(select(Todo.done))
        await writer.execute(add_one)
        async with asyncio.timeout(2):
            await reader.execute(add_one)


@provokes("lost-update")
async def three_read_modify_writes(sandbox: Sandbox) -> None:
    """Three tasks add one each; one of them survives."""
    barrier = asyncio.Barrier(3)
    async with sandbox.sqlite() as factory:

        async def add_one() -> None:
            async with factory() as session:
                todo = await session.get_one(Todo, 1)
                await barrier.wait()
                todo.done += 1
                await session.commit()

        await asyncio.gather(*(add_one() for _ in range(3)))
        async with factory() as session:
            assert await session.scalar(select(Todo.done).where(Todo.id == 1)) == 1


@provokes("foreign-keys-off")
async def orphan(sandbox: Sandbox) -> None:
    """There is no project 99."""
    async with sandbox.sqlite() as factory, factory() as session:
        session.add(Todo(project_id=99, name="orphan"))
        await session.commit()
        assert await session.get(Project, 99) is None


@provokes("memory-shared")
async def see_what_is_not_committed(sandbox: Sandbox) -> None:
    """B sees A's row before A commits; B's rollback takes it away."""
    async with sandbox.engine("sqlite+aiosqlite://", poolclass=StaticPool) as engine:
        await fill(engine)
        factory = async_sessionmaker(engine)
        async with factory() as a, factory() as b:
            a.add(Project(name="kitchen"))
            await a.flush()
            assert await b.scalar(select(Project.id).where(Project.name == "kitchen"))
            await b.rollback()
            await a.commit()
        async with factory() as session:
            assert await session.scalar(select(Project.id).where(Project.name == "kitchen")) is None


NEVER_ENDS = """
import asyncio, aiosqlite

async def main():
    global connection
    connection = await aiosqlite.connect(":memory:")

asyncio.run(main())
print("done", flush=True)
"""


@provokes("unclosed-aiosqlite")
def program_that_never_ends(sandbox: Sandbox) -> None:
    """The last line has run, and the program is still there."""
    with subprocess.Popen(
        [sys.executable, "-c", NEVER_ENDS], cwd=sandbox.folder, stdout=subprocess.PIPE, encoding="utf-8"
    ) as program:
        try:
            assert program.stdout.readline() == "done\n"
            program.wait(1)
        except subprocess.TimeoutExpired:
            pass
        finally:
            assert program.poll() is None
            program.kill()


@provokes("unclosed-aiosqlite")
async def connection_thrown_away(sandbox: Sandbox) -> Warning:
    """What the driver says if the connection is collected before the end."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        before = set(threading.enumerate())
        connection = await aiosqlite.connect(":memory:")
        (thread,) = set(threading.enumerate()) - before
        del connection
        gc.collect()
        thread.join(2)
    (warning,) = caught
    return warning.message


@provokes("no-such-table")
async def tables_not_created(sandbox: Sandbox) -> None:
    """The file is empty."""
    async with sandbox.engine() as engine, engine.connect() as connection:
        await connection.execute(select(Project.id))


@provokes("no-such-table")
async def column_not_created(sandbox: Sandbox) -> None:
    """The table is older than the model; `create_all` does not change it."""
    async with sandbox.engine() as engine:
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE projects (id INTEGER PRIMARY KEY)"))
        await fill(engine)


@provokes("no-such-table")
async def tables_not_created_on_postgres(sandbox: Sandbox) -> None:
    """PostgreSQL says it in other words."""
    async with sandbox.postgres("asyncpg") as factory, factory() as session:
        await session.execute(text("DROP TABLE todos"))
        await session.execute(select(Todo.id))
