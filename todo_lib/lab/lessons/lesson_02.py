"""Lesson 02, Do we need async?: what waits, what computes, and what stops the event loop."""

import asyncio
import random
import re
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from inspect import isawaitable
from typing import Any

from todo_lib.lab.contract import Broken, expect
from todo_lib.lab.contract.behaviour import Words
from todo_lib.lab.exercise import Exercise, Part, Prediction, Recall
from todo_lib.lab.expect import stable_text
from todo_lib.lab.judge import FunctionJudge

# -- load_all ------------------------------------------------------------------------------------------

Answer = Callable[..., Any]
NO_COROUTINE = re.compile("unhashable type|awaitable is required|bad yield|coroutine was expected")


class Source:
    """Something to fetch from: `fetch(id)` waits and gives a value; earlier ids wait longer."""

    def __init__(self, count: int = 5, failing: bool = False) -> None:
        self.ids = random.sample(range(1, 1000), count)
        self.values = {id: f"task {random.randrange(10**6)}" for id in self.ids}
        self.failing = random.choice(self.ids) if failing else None
        self.under_way = self.most = 0
        self._made: list[Any] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    def fetch(self, id: int) -> Awaitable[str]:
        """Return the coroutine that fetches a value. Awaited, it raises `LookupError` for the failing id."""
        self._made.append(coroutine := self._fetch(id))
        return coroutine

    async def _fetch(self, id: int) -> str:
        self._tasks.add(asyncio.current_task())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            if id == self.failing:
                raise LookupError(f"no task {id}")
            await asyncio.sleep(0.002 * (len(self.ids) - self.ids.index(id)))
            return self.values[id]
        finally:
            self.under_way -= 1

    async def load(self, load_all: Answer) -> Any:
        """Return what `load_all` gives; whatever it started has ended by then."""
        try:
            result = await load_all(self.fetch, list(self.ids))
        except Exception as error:
            await self._settle()
            for coroutine in self._made:  # the error tells enough: nobody need hear of them as well
                coroutine.close()
            if NO_COROUTINE.search(str(error)):
                expected = Words("coroutines, one by one: `fetch(id)` makes one, a `*` unpacks many")
                seen = Words(f"{type(error).__name__}: {stable_text(error)}")
                raise Broken(f"load_all(fetch, {self.ids})", expected, seen) from error
            raise
        await self._settle(*[result] * asyncio.isfuture(result))
        return result

    async def _settle(self, *futures: asyncio.Future[Any]) -> None:
        """Wait for what is under way, and look at its errors: unseen, they would be reported later."""
        started = {each for each in asyncio.all_tasks() if each.get_coro() in self._made}
        left = (started | self._tasks | set(futures)) - {asyncio.current_task()}
        if left:
            await asyncio.wait(left)
        for each in left:
            each.cancelled() or each.exception()


async def results_in_order(load_all: Answer) -> None:
    """It returns a list: the result of `fetch(id)` for each id, in the order of `ids`."""
    for count in (5, 7, 0):
        source = Source(count)
        expected = [source.values[id] for id in source.ids]
        seen = await source.load(load_all)
        if asyncio.isfuture(seen):
            seen = Words("a future: the results are not there yet, and nobody awaits them")
        elif isinstance(seen, list | tuple) and any(isawaitable(each) for each in seen):
            seen = Words("coroutines or tasks, not their results")
        expect(f"load_all(fetch, {source.ids})", expected, list(seen) if isinstance(seen, tuple) else seen)


async def all_under_way(load_all: Answer) -> None:
    """All fetches are under way at the same time."""
    for count in (5, 8):
        source = Source(count)
        await source.load(load_all)
        if source.most != count:
            expected, seen = Words(f"{count} at a time"), Words(f"{source.most} at a time")
            raise Broken(f"load_all with {count} ids", expected, seen)


async def error_raised(load_all: Answer) -> None:
    """If one fetch fails, its error is raised."""
    source = Source(5, failing=True)
    try:
        seen = await source.load(load_all)
    except LookupError:
        return
    except ExceptionGroup as group:  # what a TaskGroup makes of it
        if group.subgroup(LookupError):
            return
        raise
    raise Broken(f"load_all, where fetch({source.failing}) fails", Words("LookupError raised"), seen)


# -- responsive_report ---------------------------------------------------------------------------------


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
            FunctionJudge((results_in_order, all_under_way, error_raised), advice=ONLY_AWAIT),
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
                "D": "`def` endpoints overlap forty waits already.",
            },
        ),
    }
