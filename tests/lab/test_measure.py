"""The instruments measure what they say. No test here knows a duration, only which of two is longer."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool

from todo_lib.async_app.database import create_async_session_factory, create_tables, dispose
from todo_lib.async_app.datastore import DataStoreDb
from todo_lib.entities import Task
from todo_lib.lab.aio.measure import StallMeter, Timing, stall_meter, timed
from todo_lib.lab.blank import BLANK
from todo_lib.lab.db.queries import Queries, count_queries, pool_status
from todo_lib.models import TaskInput
from todo_lib.sync_app import database as sync_database


@pytest_asyncio.fixture
async def factory(database: Path) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Open sessions on a new database."""
    factory = create_async_session_factory(f"sqlite+aiosqlite:///{database}")
    await create_tables(factory)
    yield factory
    await dispose(factory)


@pytest.fixture
def sync_factory(database: Path) -> Iterator[sessionmaker[Session]]:
    """Open synchronous sessions on a new database."""
    factory = sync_database.create_session_factory(f"sqlite:///{database}")
    sync_database.create_tables(factory)
    yield factory
    sync_database.dispose(factory)


# -- timed ---------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_timed_runs_what_is_awaited_and_what_is_not() -> None:
    """It calls the function as often as asked, and awaits what comes back."""
    calls: list[str] = []

    async def asynchronous() -> None:
        calls.append("asynchronous")

    assert len((await timed(asynchronous, repeat=3)).times) == 3
    assert len((await timed(lambda: asynchronous(), repeat=2)).times) == 2  # noqa: PLW0108
    assert len((await timed(lambda: calls.append("synchronous"))).times) == 5
    assert calls == ["asynchronous"] * 5 + ["synchronous"] * 5


@pytest.mark.asyncio
async def test_timed_includes_the_waiting() -> None:
    """A longer wait has a longer median, in seconds; the order is the order of the runs."""
    long = await timed(lambda: asyncio.sleep(0.1), repeat=3)
    short = await timed(lambda: asyncio.sleep(0), repeat=3)
    assert long.median > 3 * short.median
    assert long.median > 0.05, "seconds, not milliseconds nor nothing"
    waits = iter([0.0, 0.1])
    first, second = (await timed(lambda: asyncio.sleep(next(waits)), repeat=2)).times
    assert first < second


def test_a_timing_shows_median_and_spread() -> None:
    """In milliseconds, with three digits that count."""
    assert repr(Timing((0.3, 0.001234, 0.0123))) == "· median 12.3 ms\n  from 1.23 ms to 300 ms, 3 runs"
    assert repr(Timing((0.000165,))) == "· median 0.165 ms\n  from 0.165 ms to 0.165 ms, 1 run"
    assert "<strong>· median 12.3 ms</strong>" in Timing((0.0123,))._repr_html_()
    assert Timing((3.0, 1.0, 2.0)).median == 2.0


@pytest.mark.asyncio
async def test_timed_refuses_a_coroutine_kindly() -> None:
    """It says what to write, and Python does not complain about the coroutine as well."""
    with pytest.raises(
        TypeError, match=r"awaited only once\. Put `lambda:` .* await timed\(lambda: sleep\(…\)\)"
    ):
        await timed(asyncio.sleep(1))
    with pytest.raises(TypeError, match="without arguments, not: 5"):
        await timed(5)
    with pytest.raises(ValueError, match="at least 1"):
        await timed(time.time, repeat=0)


@pytest.mark.asyncio
async def test_timed_lets_errors_and_blanks_through() -> None:
    """What fails is not timed; what is not written yet is not judged."""
    with pytest.raises(ZeroDivisionError):
        await timed(lambda: 1 / 0)
    assert await timed(BLANK) is BLANK


# -- stall_meter ---------------------------------------------------------------------------------------


async def stall(block: Any) -> StallMeter:
    """Measure while the block runs."""
    async with stall_meter() as stall:
        await block()
    return stall


@pytest.mark.asyncio
async def test_the_stall_meter_tells_blocking_from_waiting() -> None:
    """It sees the stall at the begin, at the end, in another task, and in a block that never yields."""

    async def wait() -> None:
        await asyncio.sleep(0.1)

    async def never_yields() -> None:
        time.sleep(0.3)  # noqa: ASYNC251 (blocking is what is measured)

    async def blocks_first() -> None:
        await never_yields()
        await wait()

    async def blocks_last() -> None:
        await wait()
        await never_yields()

    async def blocks_in_another_task() -> None:
        await asyncio.gather(wait(), blocks_last())

    # The machine may be busy with something else, but not three times.
    waiting = min([(await stall(wait)).longest for _ in range(3)])
    for block in (never_yields, blocks_first, blocks_last, blocks_in_another_task):
        blocking = await stall(block)
        assert blocking.stalled, block.__name__
        assert blocking.longest > 3 * waiting, block.__name__
        assert blocking.longest > 0.25, "in seconds, and the whole stall"


@pytest.mark.asyncio
async def test_the_longest_stall_counts() -> None:
    """Not the last, and not their sum."""

    async def twice() -> None:
        time.sleep(0.2)  # noqa: ASYNC251
        await asyncio.sleep(0.01)
        time.sleep(0.05)  # noqa: ASYNC251

    async def once() -> None:
        time.sleep(0.6)  # noqa: ASYNC251

    longest = (await stall(twice)).longest
    assert longest > 0.15
    assert longest < (await stall(once)).longest


@pytest.mark.asyncio
async def test_the_stall_meter_stops_with_its_block() -> None:
    """Also when the block fails; a stall after it counts for nothing."""
    meter = stall_meter()

    async def block_and_fail() -> None:
        async with meter:
            time.sleep(0.2)  # noqa: ASYNC251
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await block_and_fail()
    measured = meter.longest
    time.sleep(0.4)  # noqa: ASYNC251
    await asyncio.sleep(0.01)
    assert meter.stalled
    assert meter.longest == measured
    async with meter:
        await asyncio.sleep(0)
    assert not meter.stalled, "a meter starts from zero when it is used again"


def test_a_stall_shows_itself_with_and_without_its_number() -> None:
    """`note` is the same in every run."""
    blocked, running = StallMeter(limit=0.1, longest=0.3456), StallMeter(limit=0.1, longest=0.002)
    assert (
        repr(blocked.note) == "! the event loop was blocked\n  For more than 100 ms no other task could run."
    )
    assert repr(running.note) == "✓ the event loop kept running\n  No task had to wait 100 ms for its turn."
    longest = "  The longest time in which no other task could run: "
    assert repr(blocked) == f"! the event loop was blocked\n{longest}346 ms."
    assert repr(running) == f"✓ the event loop kept running\n{longest}2.00 ms."
    assert "346 ms" in blocked._repr_html_()


# -- count_queries -------------------------------------------------------------------------------------

GET = (
    "SELECT tasks.id, tasks.name, tasks.priority, tasks.due_date, tasks.done, tasks.created_at "
    "FROM tasks WHERE tasks.id = ?"
)
ADD = "INSERT INTO tasks (name, priority, due_date, done, created_at) VALUES (?, ?, ?, ?, ?)"
BREAD = TaskInput(name="buy bread", priority=1, due_date=date(2028, 2, 29), done=False)


@pytest.mark.asyncio
async def test_queries_are_counted(factory: async_sessionmaker[AsyncSession]) -> None:
    """Each statement once, on one line, without parameters; none of before or after the block."""
    store = DataStoreDb(factory)
    await store.get(1)
    with count_queries(factory) as queries:
        await store.add(BREAD)
        await store.get(1)
        await store.get(2)
    await store.get(3)
    assert queries.statements == [ADD, GET, GET]
    assert queries.count == 3
    assert repr(queries) == f"· 3 statements\n    1 × {ADD}\n    2 × {GET}"
    assert "<strong>· 3 statements</strong>" in queries._repr_html_()


def test_no_query_and_one_query_are_shown_as_such() -> None:
    """The plural is right, and many of one kind stay in a column."""
    assert repr(Queries()) == "· no statements"
    assert repr(Queries(["SELECT 1"])) == "· 1 statement\n    1 × SELECT 1"
    assert (
        repr(Queries(["SELECT 1"] + ["SELECT 2"] * 10))
        == "· 11 statements\n     1 × SELECT 1\n    10 × SELECT 2"
    )


@pytest.mark.asyncio
async def test_a_session_that_was_open_before_is_counted(factory: async_sessionmaker[AsyncSession]) -> None:
    """Its connection was there before the counter."""
    async with factory() as session:
        await session.execute(select(Task))
        with count_queries(factory) as queries:
            await session.execute(select(Task.id))
        assert queries.statements == ["SELECT tasks.id FROM tasks"]


@pytest.mark.asyncio
async def test_transactions_are_not_counted(factory: async_sessionmaker[AsyncSession]) -> None:
    """Neither ours nor one written by hand; a statement with many rows is one; one that fails was sent."""
    with count_queries(factory) as queries:
        async with factory() as session, session.begin():
            async with session.begin_nested():
                await session.execute(text("SELECT 'BEGIN'"))
            connection = await session.connection()
            await connection.exec_driver_sql("SAVEPOINT by_hand")
            await connection.exec_driver_sql("ROLLBACK TO by_hand")
            rows = [{"name": f"task {n}"} for n in range(3)]
            await session.execute(text("UPDATE tasks SET name = :name"), rows)
    assert queries.statements == ["SELECT 'BEGIN'", "UPDATE tasks SET name = ?"]
    async with factory() as session:
        with count_queries(factory) as queries, pytest.raises(OperationalError):
            await session.execute(text("SELECT\n  1\nFROM nowhere"))
    assert queries.statements == ["SELECT 1 FROM nowhere"]


@pytest.mark.asyncio
async def test_counters_do_not_disturb_each_other(factory: async_sessionmaker[AsyncSession]) -> None:
    """One inside another, and one that ends by an error."""
    store = DataStoreDb(factory)

    async def get_and_fail() -> None:
        await store.get(1)
        raise ZeroDivisionError

    with count_queries(factory) as outer:
        with pytest.raises(ZeroDivisionError), count_queries(factory) as inner:
            await get_and_fail()
        await store.get(2)
    assert (outer.count, inner.count) == (2, 1)


@pytest.mark.asyncio
async def test_engines_and_factories_are_taken(
    factory: async_sessionmaker[AsyncSession], sync_factory: sessionmaker[Session]
) -> None:
    """Asynchronous and synchronous ones; anything else is refused with words."""
    for thing in (factory, factory.kw["bind"], factory.kw["bind"].sync_engine):
        with count_queries(thing) as queries:
            await DataStoreDb(factory).get(1)
        assert queries.count == 1
    for thing in (sync_factory, sync_factory.kw["bind"]):
        with count_queries(thing) as queries, sync_factory() as session:
            session.get(Task, 1)
        assert queries.statements == [GET]
    for wrong in ("sqlite://", async_sessionmaker(), None):
        with pytest.raises(TypeError, match="needs an engine, or a session factory that has one, not: "):
            pool_status(wrong)


# -- pool_status ---------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_the_pool_shows_what_is_in_use(factory: async_sessionmaker[AsyncSession]) -> None:
    """A connection is checked out while a transaction runs, and in the pool afterwards."""
    async with factory() as session:
        await session.execute(select(Task))
        status = pool_status(factory)
        assert repr(status) == "size  checked in  checked out  overflow\n5     0           1            0"
    assert (status.checked_out, pool_status(factory).checked_out) == (1, 0), "a status is of one moment"
    assert pool_status(factory.kw["bind"]).checked_in == 1


def test_the_pool_shows_what_is_too_much(database: Path) -> None:
    """What is open beyond the pool's size is overflow."""
    engine = create_engine(f"sqlite:///{database}", pool_size=1, max_overflow=2)
    held = [engine.connect() for _ in range(3)]
    assert repr(pool_status(engine)).splitlines()[1].split() == ["1", "0", "3", "2"]
    for connection in held:
        connection.close()
    assert repr(pool_status(engine)).splitlines()[1].split() == ["1", "1", "0", "0"]
    engine.dispose()


def test_a_pool_that_does_not_count_says_so() -> None:
    """Instead of showing numbers that mean nothing."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with pytest.raises(TypeError, match="a StaticPool does not count its connections"):
        pool_status(engine)
    engine.dispose()
