"""One session in several tasks; transactions that are over, or not yet."""

import asyncio
import gc
import threading
import time
import warnings

from sqlalchemy import delete, event, select, text
from sqlalchemy.exc import IntegrityError

from . import provokes
from .sandbox import Factory, Project, Sandbox, Todo

WAIT = 0.02


def make_slow(factory: Factory) -> None:
    """Give each new SQLite connection a function `slow(x)` that takes its time."""

    def slow(value: object) -> object:
        time.sleep(WAIT)
        return value

    def connected(connection, record) -> None:
        connection.create_function("slow", 1, slow)

    event.listen(factory.kw["bind"].sync_engine, "connect", connected)


@provokes("shared-session-cold")
async def two_tasks_one_session(sandbox: Sandbox) -> None:
    """The first task is still waiting for a connection when the second asks for one."""
    async with sandbox.sqlite() as factory, factory() as session:
        await factory.kw["bind"].dispose()
        outcomes = await asyncio.gather(*(session.get(Todo, id) for id in (1, 2)), return_exceptions=True)
        raise next(each for each in outcomes if isinstance(each, BaseException))


@provokes("shared-session-cold")
async def two_tasks_one_session_in_a_task_group(sandbox: Sandbox) -> None:
    """A TaskGroup puts the exception into a group."""
    async with sandbox.sqlite() as factory:
        await factory.kw["bind"].dispose()
        async with factory() as session:
            first = asyncio.create_task(session.get(Todo, 1))
            await asyncio.sleep(0)  # it begins, and waits for a connection
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(session.get(Todo, 2))
            finally:
                await first


@provokes("shared-session-warm")
async def two_tasks_one_session_with_a_connection(sandbox: Sandbox) -> None:
    """Once the session has a connection there is no error, and no concurrency either."""
    query = text("SELECT slow(1)")
    async with sandbox.sqlite() as factory, factory() as session:
        make_slow(factory)
        await factory.kw["bind"].dispose()  # so that the next connection knows `slow`
        await session.execute(query)
        began = time.perf_counter()
        await asyncio.gather(*(session.execute(query) for _ in range(5)))
        assert time.perf_counter() - began >= 5 * WAIT


async def ended_by_another_task(sandbox: Sandbox) -> list[BaseException]:
    """Let two tasks commit one session; return what each of them raised."""
    async with sandbox.sqlite() as factory:
        session = factory()
        session.add(Project(name="kitchen"))
        await session.connection()
        errors = await asyncio.gather(session.commit(), session.commit(), return_exceptions=True)
        await session.invalidate()  # whatever state it is in
    return [error for error in errors if isinstance(error, BaseException)]


@provokes("illegal-state-change")
async def commit_twice_at_once(sandbox: Sandbox) -> BaseException:
    """The second task wants to commit while the first is at it."""
    errors = await ended_by_another_task(sandbox)
    print(errors)
    return errors[-1]


@provokes("illegal-state-change")
async def close_while_in_use(sandbox: Sandbox) -> None:
    """What the end of `async with` does when a task is still at work."""
    async with sandbox.sqlite() as factory:
        await factory.kw["bind"].dispose()
        session = factory()
        busy = asyncio.create_task(session.get(Todo, 1))
        await asyncio.sleep(0)  # it begins, and waits for a connection
        try:
            await session.close()
        finally:
            await busy
            await session.close()


@provokes("already-flushing")
async def flush_twice_at_once(sandbox: Sandbox) -> BaseException:
    """Two tasks flush the same session."""
    async with sandbox.sqlite() as factory:
        session = factory()
        session.add(Project(name="kitchen"))
        await session.connection()
        errors = await asyncio.gather(session.flush(), session.flush(), return_exceptions=True)
        await session.invalidate()  # whatever state it is in
    print(errors)
    return next(error for error in errors if isinstance(error, BaseException))


@provokes("closed-transaction")
async def committed_by_another_task(sandbox: Sandbox) -> BaseException:
    """The first task finds that the second has ended its transaction."""
    return (await ended_by_another_task(sandbox))[0]


@provokes("closed-transaction")
async def use_a_closed_transaction(sandbox: Sandbox) -> None:
    """A transaction of a connection ends once."""
    async with sandbox.engine() as engine, engine.connect() as connection:
        transaction = await connection.begin()
        await transaction.commit()
        await transaction.commit()


@provokes("closed-transaction")
async def use_a_closed_connection(sandbox: Sandbox) -> None:
    """The block is over, and with it the connection."""
    async with sandbox.engine() as engine:
        async with engine.connect() as connection:
            pass
        await connection.execute(text("SELECT 1"))


@provokes("commit-inside-begin")
async def commit_in_a_begin_block(sandbox: Sandbox) -> None:
    """`session.begin()` commits at the end of its block; who commits before that has ended it."""
    async with sandbox.sqlite() as factory, factory() as session, session.begin():
        session.add(Project(name="kitchen"))
        await session.commit()
        await session.get(Project, 1)


@provokes("commit-inside-begin")
async def commit_in_a_begin_block_of_a_connection(sandbox: Sandbox) -> None:
    """The same for a connection."""
    async with sandbox.engine() as engine, engine.begin() as connection:
        await connection.commit()
        await connection.execute(text("SELECT 1"))


@provokes("pending-rollback")
async def go_on_after_a_failed_flush(sandbox: Sandbox) -> None:
    """The name is taken; the session must be rolled back before it is used again."""
    async with sandbox.sqlite() as factory, factory() as session:
        session.add(Project(name="garden"))
        try:
            await session.flush()
        except IntegrityError:
            print("never mind")
        await session.get(Project, 1)


@provokes("collected-connection")
async def forget_a_session(sandbox: Sandbox) -> Warning:
    """The session is thrown away with a connection in its hands."""
    async with sandbox.sqlite() as factory:
        await factory.kw["bind"].dispose()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            before = set(threading.enumerate())
            session = factory()
            await session.execute(select(Project))
            del session
            gc.collect()
        for thread in set(threading.enumerate()) - before:  # the connection's: it needs the loop once more
            while thread.is_alive():  # noqa: ASYNC110 (a thread sets no asyncio.Event)
                await asyncio.sleep(0.005)
    return next(each.message for each in caught)


@provokes("async-session-query")
async def query_as_in_the_old_days(sandbox: Sandbox) -> None:
    """The habit of every application that was written before SQLAlchemy 2.0."""
    async with sandbox.sqlite() as factory, factory() as session:
        session.query(Todo)


@provokes("already-begun")
async def begin_after_a_query(sandbox: Sandbox) -> None:
    """The query has begun one."""
    async with sandbox.sqlite() as factory, factory() as session:
        await session.get(Todo, 1)
        async with session.begin():
            session.add(Project(name="kitchen"))


@provokes("already-begun")
async def begin_inside_begin(sandbox: Sandbox) -> None:
    """The same with a connection."""
    async with sandbox.engine() as engine, engine.begin() as connection:
        await connection.begin()


@provokes("another-session")
async def add_to_another_session(sandbox: Sandbox) -> None:
    """The first session still holds it."""
    async with sandbox.sqlite() as factory, factory() as first, factory() as second:
        second.add(await first.get_one(Todo, 1))


@provokes("another-session")
async def parent_of_another_session(sandbox: Sandbox) -> None:
    """It comes along through a relationship."""
    async with sandbox.sqlite() as factory, factory() as first, factory() as second:
        project = await first.get_one(Project, 1)
        second.add(Todo(name="plant", project=project))


@provokes("not-in-session")
async def refresh_in_another_session(sandbox: Sandbox) -> None:
    """The second session does not know it."""
    async with sandbox.sqlite() as factory, factory() as first, factory() as second:
        await second.refresh(await first.get_one(Todo, 1))


@provokes("not-in-session")
async def delete_what_was_never_saved(sandbox: Sandbox) -> None:
    """There is no row of it."""
    async with sandbox.sqlite() as factory, factory() as session:
        await session.delete(Project(name="kitchen"))


@provokes("row-is-gone")
async def change_what_was_deleted(sandbox: Sandbox) -> None:
    """Another session deleted it in between."""
    async with sandbox.sqlite() as factory, factory() as session:
        todo = await session.get_one(Todo, 1)
        await session.commit()
        await delete_todo(factory)
        todo.name = "plant"
        await session.commit()


@provokes("row-is-gone")
async def refresh_what_was_deleted(sandbox: Sandbox) -> None:
    """SQLAlchemy says it in other words."""
    async with sandbox.sqlite() as factory, factory() as session:
        todo = await session.get_one(Todo, 1)
        await session.commit()
        await delete_todo(factory)
        await session.refresh(todo)


@provokes("row-is-gone")
async def read_what_was_deleted(sandbox: Sandbox) -> None:
    """And in others for an attribute that has expired."""
    async with sandbox.sqlite() as factory, factory(expire_on_commit=True) as session:
        todo = await session.get_one(Todo, 1)
        await session.commit()
        await delete_todo(factory)
        await session.run_sync(lambda _: todo.name)


async def delete_todo(factory: Factory) -> None:
    """Delete to-do 1 in a session of its own."""
    async with factory.begin() as session:
        await session.execute(delete(Todo).where(Todo.id == 1))
