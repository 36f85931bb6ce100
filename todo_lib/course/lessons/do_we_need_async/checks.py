"""Do we need async?: what waits, what computes, and what stops the event loop."""

import asyncio
import random
import sqlite3
import threading
import time
from contextlib import closing

from todo_lib.course.lessons.do_we_need_async.fetching import (
    Answer,
    all_under_way,
    error_raised,
    results_in_order,
)
from todo_lib.lab.checks import FunctionJudge, KnownMistake
from todo_lib.lab.checks.behaviour import BrokenPromise, Words, require_equal
from todo_lib.lab.exercise import Judge


class Store:
    """A synchronous store, made small. Its methods are reports: each asks SQLite, which blocks."""

    def __init__(self) -> None:
        self.tasks = random.randrange(10, 10**6)

    def count(self) -> int:
        """Report a number."""
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("SELECT 1")
        time.sleep(0.03)
        return self.tasks

    def describe(self) -> str:
        """Report a text."""
        return f"{self.count()} tasks"

    def fail(self) -> None:
        """Raise `LookupError`."""
        raise LookupError(f"no report on {self.describe()}")


async def report_returned(report: Answer) -> None:
    """It returns what `slow_report(store)` returns, whichever report and store it is given."""
    for slow_report in (Store.count, Store.describe):
        store = Store()
        expected = await asyncio.to_thread(slow_report, store)
        require_equal(f"the report `{slow_report.__name__}`", expected, await report(slow_report, store))


async def report_raises(report: Answer) -> None:
    """If `slow_report(store)` fails, its error is raised."""
    try:
        seen = await report(Store.fail, Store())
    except LookupError:
        return
    raise BrokenPromise("a report that fails", Words("LookupError raised"), seen)


async def loop_runs_on(report: Answer) -> None:
    """While the report is made, other tasks get their turn."""
    somebody_else_ran = threading.Event()

    def slow_report(store: Store) -> bool:
        store.count()
        return somebody_else_ran.wait(1)

    async def somebody_else() -> None:
        for _ in range(3):
            await asyncio.sleep(0.001)
        somebody_else_ran.set()

    other = asyncio.create_task(somebody_else())
    try:
        seen = await report(slow_report, Store())
    finally:
        await other
    if seen is False:
        seen = Words("no turn for them until the report was done")
        raise BrokenPromise("a report, with another task beside it", Words("a turn for both"), seen)
    require_equal("a report, with another task beside it", True, seen)


ONLY_AWAIT = {
    "not awaited": "That call made a coroutine. Only `await` runs it here; `asyncio.run` wants its own loop."
}

JUDGES: dict[str, Judge] = {
    "load": FunctionJudge(
        (results_in_order, all_under_way, error_raised),
        advice=ONLY_AWAIT,
        mistakes=(
            KnownMistake(
                "No `await` before `fetch(id)`: hand over the coroutines, `gather` awaits them.",
                code=r"\*\s*\(\s*await\b",
                facts="async_generator",
            ),
            KnownMistake(
                "`to_thread` is for plain functions. A coroutine needs no thread: hand it to `gather`.",
                code=r"to_thread|run_in_executor",
            ),
        ),
    ),
    "unblock": FunctionJudge(
        (report_returned, report_raises, loop_runs_on),
        advice={
            **ONLY_AWAIT,
            "blocks the event loop": "Let a thread do it. Hand over `slow_report` and `store` without "
            "calling it here, and wait for the thread with `await`.",
            "raised": "Look at the line above: what does the thread need to call `slow_report`, and who "
            "awaits the result?",
        },
        mistakes=(
            KnownMistake(
                "`to_thread` takes the function, then its arguments: `slow_report` wants the store.",
                code=r"to_thread\(\s*slow_report\s*\)",
            ),
        ),
    ),
}
