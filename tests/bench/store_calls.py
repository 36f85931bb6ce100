"""What does one call cost on SQLite? `python -m tests.bench.store_calls`.

One caller, no server: the raw drivers, the session of each style, the stores. The ways take turns, and each
figure is the median time of a call. Fifty calls at once show what the asynchronous store gains, or not.
"""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import aiosqlite

from tests.bench.http import fill, machine
from todo_lib.async_app import database as async_database
from todo_lib.async_app.datastore import DataStoreDb as AsyncStore
from todo_lib.entities import Task
from todo_lib.sync_app import database as sync_database
from todo_lib.sync_app.datastore import DataStoreDb as SyncStore

CALLS, ROUNDS, AT_ONCE = 100, 7, 50
QUERY = "SELECT id, name, priority, due_date, done, created_at FROM tasks WHERE id = ?"
Way = Callable[[int], Awaitable[object]]


async def measure(ways: dict[str, Way]) -> dict[str, float]:
    """Return the median seconds of a call for each way."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            started = time.perf_counter()
            for number in range(CALLS):
                await way(number % 1000 + 1)
            times[name].append((time.perf_counter() - started) / CALLS)
    return {name: statistics.median(each) for name, each in times.items()}


async def compare(file: Path) -> dict[str, float]:
    """Open every way to the same file; measure; close."""
    sync_factory = sync_database.create_session_factory(f"sqlite:///{file.as_posix()}")
    async_factory = async_database.create_async_session_factory(f"sqlite+aiosqlite:///{file.as_posix()}")
    with closing(sqlite3.connect(file)) as raw, sync_factory() as session:
        async with aiosqlite.connect(file) as async_raw:

            async def raw_sync(id: int) -> object:
                return raw.execute(QUERY, (id,)).fetchone()

            async def raw_async(id: int) -> object:
                return await async_raw.execute_fetchall(QUERY, (id,))

            async def sync_session(id: int) -> object:
                with sync_factory() as own:
                    return own.get(Task, id)

            async def async_session(id: int) -> object:
                async with async_factory() as own:
                    return await own.get(Task, id)

            async def sync_store(id: int) -> object:
                return SyncStore(session).get(id)

            async def engine_each_time(id: int) -> object:
                factory = async_database.create_async_session_factory(
                    f"sqlite+aiosqlite:///{file.as_posix()}"
                )
                try:
                    return await AsyncStore(factory).get(id)
                finally:
                    await async_database.dispose(factory)

            async def many_at_once(id: int) -> object:
                # Divided by AT_ONCE below: the time of one call among fifty.
                store = AsyncStore(async_factory)
                return await asyncio.gather(*(store.get(id) for _ in range(AT_ONCE)))

            found = await measure({
                "raw sqlite3": raw_sync,
                "raw aiosqlite": raw_async,
                "session, synchronous": sync_session,
                "session, asynchronous": async_session,
                "store, synchronous": sync_store,
                "store, asynchronous": AsyncStore(async_factory).get,
                "store, asynchronous, an engine each time": engine_each_time,
            })  # fmt: skip
            started = time.perf_counter()
            for _ in range(ROUNDS):
                await many_at_once(1)
            found[f"store, asynchronous, {AT_ONCE} at once"] = (
                (time.perf_counter() - started) / ROUNDS / AT_ONCE
            )
    sync_database.dispose(sync_factory)
    await async_database.dispose(async_factory)
    return found


def main() -> None:
    """Print a table."""
    with tempfile.TemporaryDirectory(prefix="todo-bench-") as folder:
        file = Path(folder, "todo.db")
        fill(file)
        found = asyncio.run(compare(file))
    base = found["store, synchronous"]
    print(f"{machine()}; `get` of one task, median of {ROUNDS} × {CALLS} calls\n")
    print("| way | µs for a call | × the synchronous store |\n|---|---:|---:|")
    for name, seconds in found.items():
        print(f"| {name} | {seconds * 1e6:.0f} | {seconds / base:.2f} |")


if __name__ == "__main__":
    main()
