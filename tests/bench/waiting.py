"""Queries that wait, on PostgreSQL: one after the other, or together? `python -m tests.bench.waiting`.

Ten queries of 50 ms each, by `await` in a loop and by `gather`, with both drivers and with threads.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

from sqlalchemy import create_engine, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tests.bench.http import machine
from todo_lib.lab.db.postgres import database
from todo_lib.lab.db.postgres_server import postgres_url

QUERY, QUERIES, ROUNDS = select(func.pg_sleep(0.05)), 10, 5


async def one(engine: AsyncEngine) -> None:
    """Wait in the database."""
    async with engine.connect() as connection:
        await connection.execute(QUERY)


async def in_a_row(engine: AsyncEngine) -> None:
    """Ask again when the answer is there."""
    for _ in range(QUERIES):
        await one(engine)


async def together(engine: AsyncEngine) -> None:
    """Ask all at once."""
    await asyncio.gather(*(one(engine) for _ in range(QUERIES)))


async def median(work: Callable[[], Awaitable[None]]) -> float:
    """Return the median seconds of several runs, after one to warm up."""
    times = []
    for _ in range(ROUNDS + 1):
        started = time.perf_counter()
        await work()
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


async def compare(server: str) -> dict[str, float]:
    """Return the seconds of each way."""
    found = {}
    for driver in ("asyncpg", "psycopg"):
        async with database(f"postgresql+{driver}", server) as url:
            engine = create_async_engine(url, pool_size=QUERIES)
            found[f"{driver}, in a row"] = await median(lambda engine=engine: in_a_row(engine))
            found[f"{driver}, gather"] = await median(lambda engine=engine: together(engine))
            await engine.dispose()
    async with database("postgresql+psycopg", server) as url:
        threaded = create_engine(url, pool_size=QUERIES)

        def wait() -> None:
            with threaded.connect() as connection:
                connection.execute(QUERY)

        async def threads() -> None:
            await asyncio.gather(*(asyncio.to_thread(wait) for _ in range(QUERIES)))

        found["psycopg, threads"] = await median(threads)
        threaded.dispose()
    return found


def main() -> None:
    """Print a table."""
    with postgres_url() as server:
        found = asyncio.run(compare(server))
    print(f"{machine()}, PostgreSQL; {QUERIES} queries of 50 ms, median of {ROUNDS} runs\n")
    print("| way | ms | × gather |\n|---|---:|---:|")
    for name, seconds in found.items():
        print(f"| {name} | {seconds * 1000:.0f} | {seconds / found['asyncpg, gather']:.1f} |")


if __name__ == "__main__":
    main()
