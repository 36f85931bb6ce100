"""Lesson 13, Was it worth it?: predict, measure, decide."""

import asyncio
import time
from collections.abc import Callable
from numbers import Real
from typing import Any

from todo_lib.lab.contract import Broken
from todo_lib.lab.contract.behaviour import Words
from todo_lib.lab.exercise import Exercise, Part, Prediction, Recall
from todo_lib.lab.expect import stable_text
from todo_lib.lab.judge import FunctionJudge
from todo_lib.lab.judge.clue import Clue
from todo_lib.lab.lessons.fetching import NO_COROUTINE
from todo_lib.lab.lessons.recommending import few_callers, many_waits, no_driver, nothing_waits, small_pool

Answer = Callable[..., Any]


class Work:
    """Something to wait for: `work()` makes the coroutine of one call. The first call waits half as long."""

    def __init__(self, longest: float = 0.03, failing: int = 0) -> None:
        self.longest, self.failing = longest, failing
        self.begun = self.under_way = self.most = self.ended = 0
        self._made: list[Any] = []

    def __call__(self) -> Any:
        """Return a coroutine. Awaited, it raises `LookupError` if its number is `failing`."""
        self._made.append(coroutine := self._wait(len(self._made) + 1))
        return coroutine

    async def _wait(self, number: int) -> str:
        self.begun += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(self.longest * (1 if number > 1 else 0.5))
            if number == self.failing:
                raise LookupError(f"caller {number} got no answer")
            return "done"
        finally:
            self.under_way -= 1
            self.ended += 1

    async def measured(self, seconds_for: Answer, callers: int) -> Any:
        """Return what `seconds_for` returns. Raise `Broken` if it gave something else than coroutines to run."""
        try:
            return await seconds_for(self, callers)
        except (TypeError, RuntimeError) as error:
            if not NO_COROUTINE.search(str(error)):
                raise
            for coroutine in self._made:  # the error tells enough: nobody need hear of them as well
                coroutine.close()
            expected = Words("coroutines, one by one: `work()` makes one, a `*` unpacks many")
            raise Broken(f"seconds_for(work, {callers})", expected, Words(stable_text(error))) from error


async def every_caller(seconds_for: Answer) -> None:
    """It calls `work` once for each caller, and all calls have ended when it returns."""
    for callers in (3, 7):
        work = Work()
        await work.measured(seconds_for, callers)
        begun, ended = work.begun, work.ended
        if (begun, ended) != (callers, callers):
            await asyncio.sleep(0)
            late = work.begun > begun or work.under_way > 0
            seen = (
                f"{begun} begun, {ended} ended{'; the others were started, and nobody awaited them' * late}"
            )
            raise Broken(f"seconds_for(work, {callers})", Words(f"{callers} calls, all ended"), Words(seen))


async def at_the_same_time(seconds_for: Answer) -> None:
    """All callers are under way together."""
    for callers in (5, 9):
        work = Work()
        await work.measured(seconds_for, callers)
        if work.most != callers:
            expected, seen = Words(f"{callers} under way"), Words(f"{work.most} under way")
            raise Broken(f"seconds_for(work, {callers})", expected, seen)


async def until_the_last(seconds_for: Answer) -> None:
    """It returns the seconds from the first call to the end of the last, as a number."""
    for longest in (0.03, 0.15):
        work, started = Work(longest), time.perf_counter()
        seen = await work.measured(seconds_for, 4)
        at_most = time.perf_counter() - started
        number = isinstance(seen, Real) and not isinstance(seen, bool)
        if not number or not 0.9 * longest <= seen <= at_most:
            tried = f"seconds_for(work, 4), where the longest call waits {longest} s"
            raise Broken(tried, Words(f"a number of seconds, {longest} or a little more"), seen)


async def a_failure_is_raised(seconds_for: Answer) -> None:
    """If one call fails, its error is raised: a failed run has no time."""
    try:
        seen = await Work(failing=2).measured(seconds_for, 4)
    except LookupError:
        return
    except ExceptionGroup as group:  # what a TaskGroup makes of it
        if group.subgroup(LookupError):
            return
        raise
    raise Broken("seconds_for, where one call fails", Words("LookupError raised"), seen)


def parts() -> dict[str, Part]:
    """Return the lesson's questions and exercises, in order, fresh."""
    return {**_questions(), **_exercises()}


def _questions() -> dict[str, Part]:
    return {
        "recall_def": Recall(
            question="Where does FastAPI run an endpoint that is a plain `def`?",
            options={
                "A": "In the event loop, like every endpoint.",
                "B": "In a thread of a pool.",
                "C": "In a process of its own.",
            },
            right="B",
            why={
                "A": "That is where an `async def` endpoint runs. There, a blocking call would stop everybody.",
                "B": "So its blocking calls stop only their own thread, as long as the pool has threads left.",
                "C": "More processes are the server's matter: you start them with its workers.",
            },
            look="lesson 02, under *Threads overlap waits, too*",
        ),
        "recall_aiosqlite": Recall(
            question="SQLite has no server to wait for. How does `aiosqlite` make its calls awaitable?",
            options={
                "A": "It reads the file in small pieces, with an `await` between them.",
                "B": "It gives each connection a thread, and every call goes there and back.",
                "C": "It starts a small server beside your app.",
            },
            right="B",
            why={
                "A": "SQLite's own code reads the file, in one go, and knows no `await`.",
                "B": "So the loop stays free while SQLite works. The way there and back costs time.",
                "C": "No server is started: `open_things()` would list it.",
            },
            look="lesson 02, under *Where async loses*",
        ),
        "one_caller": Prediction(
            question="One caller, a quick query on SQLite. Which endpoint answers soonest?",
            options={
                "A": "`/async`: it is made for speed.",
                "B": "`/def`: a thread of its own is the fastest place.",
                "C": "`/mixed`: it calls SQLite directly.",
                "D": "None: one query, one time.",
            },
            right="C",
            why={
                "A": "Tempting, because of what one hears. But each call to `aiosqlite` goes to a thread and back, "
                "and one caller has no second wait to overlap.",
                "B": "It beats `/async`. But the way into the thread and back costs something, too.",
                "C": "No thread, no way back: the loop itself reads the file. It stands still meanwhile, but for so "
                "short a time that one caller only gains.",
                "D": "The query is the same. What differs is the way to it, and for a quick query the way is most "
                "of the time.",
            },
        ),
        "ten_callers": Prediction(
            question="Each query waits, and ten callers come at once. How long does `/mixed` take?",
            options={
                "A": "The least again: it has no detour.",
                "B": "As long as `/async`: both are `async def`.",
                "C": "Many times as long as `/async`.",
                "D": "It fails: the loop notices that it is blocked.",
            },
            right="C",
            why={
                "A": "Tempting after the first race. But now nine others wait while the loop waits for one query.",
                "B": "Tempting, because they look alike. Only one of them has an `await` where it waits.",
                "C": "The loop's only thread waits for the first query, then for the second, and so on to the tenth.",
                "D": "Nothing is raised. Nobody tells you but a measurement.",
            },
        ),
        "fifty_callers": Prediction(
            question="Fifty callers, each query waits, the engines are as in our apps. `/def` or `/async`?",
            options={
                "A": "`/async` is much faster: it has no limit of forty threads.",
                "B": "`/def` is much faster: threads run side by side.",
                "C": "Neither: something else limits both.",
            },
            right="C",
            why={
                "A": "Tempting: fifty is more than forty. But before the threads are used up, something else is.",
                "B": "Waits overlap in both, without any work side by side.",
                "C": "Each query needs a connection, and the pool of an engine has fifteen by default, five kept "
                "and ten more. The other callers wait for one, in either style.",
            },
        ),
        "migrate": Prediction(
            question="Four teams ask whether to migrate their synchronous app. Which one do you tell: yes?",
            options={
                "A": "An intranet tool on SQLite, thirty people, quick queries.",
                "B": "A service that computes prices: the processor is busy all the time, the database is not.",
                "C": "A chat: hundreds of users hold a connection to the app open and wait for messages; its database "
                "and its driver are ready for async.",
                "D": "A shop whose pages are slow because one query lacks an index.",
            },
            right="C",
            why={
                "A": "The first race was about them: async made each call slower. And thirty callers fit into "
                "forty threads.",
                "B": "Nothing waits there, so nothing overlaps. More processes help.",
                "C": "Hundreds of waits at once, more than threads can hold. While they wait for a message they "
                "need no connection of the pool, so `connections` is no limit for them. `recommend` cannot know "
                "that: it asks only about waits for the database.",
                "D": "The index helps in both styles, today, and without a new test. Async would let more people "
                "wait for the same slow query.",
            },
        ),
    }


def _exercises() -> dict[str, Part]:
    return {
        "seconds_for": Exercise(
            FunctionJudge(
                (every_caller, at_the_same_time, until_the_last, a_failure_is_raised),
                advice={
                    "not awaited": "`work()` only makes a coroutine. Start them all together, and await that.",
                    "wrong value": "Compare the two lines above: who was started, who was awaited, and when was "
                    "the clock read?",
                },
                clues=(
                    Clue(
                        "The `await` inside runs them one after the other, and hands `gather` the results. Give it "
                        "the coroutines: `work()` without `await`.",
                        code=r"gather\(\s*\*\s*[\[(]\s*await\b",
                    ),
                    Clue(
                        "`gather` takes the coroutines one by one: unpack them with `*`.",
                        code=r"gather\(\s*[^*\s]",
                        facts=NO_COROUTINE.pattern,
                    ),
                ),
            ),
            hints=(
                "All callers must be started before the first one is awaited. The clock is read after the last.",
                "First blank: the coroutines, one for each caller, unpacked by a `*`. Second: the time now, less the "
                "time at the start.",
                "await asyncio.gather(*(work() for _ in range(callers)))\nreturn time.perf_counter() - started",
            ),
        ),
        "recommend": Exercise(
            FunctionJudge(
                (many_waits, nothing_waits, few_callers, small_pool, no_driver),
                may_block=True,
                advice={
                    "coroutine returned": "Nothing here waits, so a plain `def` will do.",
                    "wrong value": "Count for this situation: how many waits overlap with `def`, how many with "
                    'async? Return the text "def" or "async".',
                },
            ),
            hints=(
                "How many waits can overlap? With async, as many as there are callers and connections for. With "
                "`def`, threads are a third limit.",
                "Async pays only if the smaller of callers and connections is more than the threads. Then look at "
                "the two things that are true or false.",
                "overlap = min(callers, connections)\n"
                'return "async" if waits and async_driver and overlap > threads else "def"',
            ),
        ),
    }
