"""Where does the time of one `get` go? `python -m tests.bench.hops`.

The whole app without a network, the store alone, one call of the driver; and how often one call of the store
goes to the driver's thread and back.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiosqlite
import httpx

from tests.bench.http import fill, machine
from todo_lib.async_app.datastore import DataStoreDb
from todo_lib.async_app.main import app

CALLS = 300


async def milliseconds(work: Callable[[], Awaitable[Any]]) -> float:
    """Return the mean time of a call."""
    await work()
    started = time.perf_counter()
    for _ in range(CALLS):
        await work()
    return (time.perf_counter() - started) / CALLS * 1000


async def hops_of(work: Callable[[], Awaitable[Any]]) -> int:
    """Return how often the driver's thread is asked for something."""
    hops, execute = 0, aiosqlite.Connection._execute

    async def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal hops
        hops += 1
        return await execute(*args, **kwargs)

    aiosqlite.Connection._execute = counted
    try:
        await work()
    finally:
        aiosqlite.Connection._execute = execute
    return hops


async def main(file: Path) -> None:
    """Print a table."""
    os.environ["TODO_DATABASE_URL"] = f"sqlite+aiosqlite:///{file.as_posix()}"
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
        aiosqlite.connect(file) as raw,
    ):
        store = DataStoreDb(app.state.session_factory)
        ways = {
            "client and app, no network": lambda: client.get("/api/todo/7"),
            "the store": lambda: store.get(7),
            "one call of the driver": lambda: raw.execute_fetchall("SELECT * FROM tasks WHERE id = 7"),
        }
        print(f"{machine()}; `get` of one task, mean of {CALLS} calls\n\n| what | ms |\n|---|---:|")
        for name, way in ways.items():
            print(f"| {name} | {await milliseconds(way):.2f} |")
        print(f"\nOne `store.get` asks the driver's thread {await hops_of(ways['the store'])} times.")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="todo-bench-") as folder:
        fill(Path(folder, "todo.db"))
        asyncio.run(main(Path(folder, "todo.db")))
