"""Lesson 02, Do we need async?: what waits, what computes, and what stops the event loop."""

import asyncio
import random
import sqlite3
import threading
import time
from contextlib import closing

from todo_lib.lab.contract import Broken, expect
from todo_lib.lab.contract.behaviour import Words
from todo_lib.lab.exercise import Exercise, Part, Prediction, Recall
from todo_lib.lab.judge import Clue, FunctionJudge
from todo_lib.lab.lessons.fetching import Answer, all_under_way, error_raised, results_in_order


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
        expect(f"the report `{slow_report.__name__}`", expected, await report(slow_report, store))


async def report_raises(report: Answer) -> None:
    """If `slow_report(store)` fails, its error is raised."""
    try:
        seen = await report(Store.fail, Store())
    except LookupError:
        return
    raise Broken("a report that fails", Words("LookupError raised"), seen)


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
        raise Broken("a report, with another task beside it", Words("a turn for both"), seen)
    expect("a report, with another task beside it", True, seen)


ONLY_AWAIT = {
    "not awaited": "That call made a coroutine. Only `await` runs it here; `asyncio.run` wants its own loop."
}


def parts() -> dict[str, Part]:
    """Return the lesson's questions and exercises, in order, fresh."""
    return {
        "recall_await": Recall(
            question="`await fetch()`, and the result is not there yet. What happens meanwhile?",
            options={
                "A": "Nothing: the whole program waits.",
                "B": "The next line runs already.",
                "C": "This coroutine pauses, and the event loop may run other tasks.",
            },
            right="C",
            why={
                "A": "That is what a plain call does. `await` gives the event loop back while it waits.",
                "B": "The lines of one coroutine run in order: the next one runs when the result is there.",
                "C": "The coroutine goes on after the result has come.",
            },
            look="lesson 00, Start here",
        ),
        "recall_select": Recall(
            question="Why did lesson 01 rewrite `session.query(…)` as `select(…)` before anything became asynchronous?",
            options={
                "A": "An asynchronous session has no `query`; a `select` works with both kinds of session.",
                "B": "The database answers a `select` faster.",
                "C": "A `select` needs no session, so it cannot block.",
            },
            right="A",
            why={
                "A": "So the rewriting can be done and tested while everything is still synchronous.",
                "B": "Both send the same SQL.",
                "C": "It needs none to be built. To be run, it does.",
            },
            look="lesson 01, The synchronous app",
        ),
        "gains": Prediction(
            question="Ten waits, ten computations. Which of them gain from `all_at_once`?",
            options={
                "A": "Both: ten coroutines run at the same time.",
                "B": "Only the waits.",
                "C": "Only the computations: a wait cannot be made shorter.",
                "D": "Neither: Python does one thing at a time.",
            },
            right="B",
            why={
                "A": "Tempting, because `gather` starts them all. But they share one thread, and whoever computes "
                "keeps it.",
                "B": "While one coroutine waits, the loop starts the next, so the waits overlap. A computation gives "
                "nothing back before it ends.",
                "C": "Each wait takes as long as before. But ten of them can pass at the same time.",
                "D": "True for computing. But to wait is to do nothing, and that can be done ten times at once.",
            },
        ),
        "half_async": Prediction(
            question="`/report` and `/quick` are asked for at the same time. What happens to `/quick`?",
            options={
                "A": "It answers at once: `async def` keeps the loop free.",
                "B": "It answers at once: FastAPI runs `report` in a thread.",
                "C": "It waits until the report is done.",
                "D": "It never gets that far: a synchronous call inside `async def` is an error.",
            },
            right="C",
            why={
                "A": "Tempting, because of the name. But only `await` gives the loop back; `report` has none.",
                "B": "Tempting, because it does so for `def`. An `async def` endpoint runs in the event loop itself.",
                "C": "The loop has one thread, and `report` keeps it until the database has answered.",
                "D": "It would be good to be told. But Python cannot know how long a call will take.",
            },
        ),
        "load": Exercise(
            FunctionJudge(
                (results_in_order, all_under_way, error_raised),
                advice=ONLY_AWAIT,
                clues=(
                    Clue(
                        "No `await` before `fetch(id)`: hand over the coroutines, `gather` awaits them.",
                        code=r"\*\s*\(\s*await\b",
                        facts="async_generator",
                    ),
                    Clue(
                        "`to_thread` is for plain functions. A coroutine needs no thread: hand it to `gather`.",
                        code=r"to_thread|run_in_executor",
                    ),
                ),
            ),
            hints=(
                "In the loop, each `await` stands between one fetch and the next. "
                "All of them must be started before the first one is awaited.",
                "First blank: what starts several coroutines and waits for all. Second: one coroutine, for one id.",
                "return await asyncio.gather(*(fetch(id) for id in ids))",
            ),
        ),
        "unblock": Exercise(
            FunctionJudge(
                (report_returned, report_raises, loop_runs_on),
                advice={
                    **ONLY_AWAIT,
                    "blocks the event loop": "Let a thread do it. Hand over `slow_report` and `store` without "
                    "calling it here, and wait for the thread with `await`.",
                    "raised": "Look at the line above: what does the thread need to call `slow_report`, and who "
                    "awaits the result?",
                },
                clues=(
                    Clue(
                        "`to_thread` takes the function, then its arguments: `slow_report` wants the store.",
                        code=r"to_thread\(\s*slow_report\s*\)",
                    ),
                ),
            ),
            hints=(
                "`slow_report` blocks, and you cannot change it. So it must not run in the event loop's thread.",
                "`asyncio.to_thread` calls a function in a thread. It wants the function, then its arguments; and "
                "the result must be waited for.",
                "return await asyncio.to_thread(slow_report, store)",
            ),
        ),
        "decide": Prediction(
            question="Which of these four gains most from async?",
            options={
                "A": "A script that reads 100,000 tasks from SQLite every night.",
                "B": "An endpoint that makes small pictures out of large ones.",
                "C": "An endpoint that asks three other services over the network, for a few hundred users at once.",
                "D": "The synchronous app of lesson 01, used by ten colleagues.",
            },
            right="C",
            why={
                "A": "One caller, a local file: there is no wait to overlap, and each call costs more.",
                "B": "That is computing. It wants other processes; in the event loop it would stop everybody.",
                "C": "It is nearly all waiting, for more at once than a pool has threads. "
                "And the three answers of one request can overlap.",
                "D": "Up to forty requests to `def` endpoints overlap, fifteen of them with a database connection. "
                "Ten colleagues need no more.",
            },
        ),
    }
