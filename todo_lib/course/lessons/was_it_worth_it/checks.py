"""Was it worth it?: predict, measure, decide."""

import asyncio
import time
from collections.abc import Callable
from numbers import Real
from typing import Any

from todo_lib.course.lessons.do_we_need_async.fetching import NO_COROUTINE
from todo_lib.course.lessons.was_it_worth_it.recommending import (
    few_callers,
    many_waits,
    no_driver,
    nothing_waits,
    small_pool,
)
from todo_lib.lab.checks import FunctionJudge
from todo_lib.lab.checks.advice import KnownMistake
from todo_lib.lab.checks.behaviour import BrokenPromise, Words
from todo_lib.lab.errors.expected import stable_text
from todo_lib.lab.exercise import Judge

Answer = Callable[..., Any]


class TimedCalls:
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
        """Return what `seconds_for` returns.

        Raise `BrokenPromise` if it gave something else than coroutines to run.
        """
        try:
            return await seconds_for(self, callers)
        except (TypeError, RuntimeError) as error:
            if not NO_COROUTINE.search(str(error)):
                raise
            for coroutine in self._made:  # the error tells enough: nobody need hear of them as well
                coroutine.close()
            expected = Words("coroutines, one by one: `work()` makes one, a `*` unpacks many")
            raise BrokenPromise(
                f"seconds_for(work, {callers})", expected, Words(stable_text(error))
            ) from error


async def every_caller(seconds_for: Answer) -> None:
    """It calls `work` once for each caller, and all calls have ended when it returns."""
    for callers in (3, 7):
        work = TimedCalls()
        await work.measured(seconds_for, callers)
        begun, ended = work.begun, work.ended
        if (begun, ended) != (callers, callers):
            await asyncio.sleep(0)
            late = work.begun > begun or work.under_way > 0
            seen = (
                f"{begun} begun, {ended} ended{'; the others were started, and nobody awaited them' * late}"
            )
            raise BrokenPromise(
                f"seconds_for(work, {callers})", Words(f"{callers} calls, all ended"), Words(seen)
            )


async def at_the_same_time(seconds_for: Answer) -> None:
    """All callers are under way together."""
    for callers in (5, 9):
        work = TimedCalls()
        await work.measured(seconds_for, callers)
        if work.most != callers:
            expected, seen = Words(f"{callers} under way"), Words(f"{work.most} under way")
            raise BrokenPromise(f"seconds_for(work, {callers})", expected, seen)


async def until_the_last(seconds_for: Answer) -> None:
    """It returns the seconds from the first call to the end of the last, as a number."""
    for longest in (0.03, 0.15):
        work, started = TimedCalls(longest), time.perf_counter()
        seen = await work.measured(seconds_for, 4)
        at_most = time.perf_counter() - started
        number = isinstance(seen, Real) and not isinstance(seen, bool)
        if not number or not 0.9 * longest <= seen <= at_most:
            tried = f"seconds_for(work, 4), where the longest call waits {longest} s"
            raise BrokenPromise(tried, Words(f"a number of seconds, {longest} or a little more"), seen)


async def a_failure_is_raised(seconds_for: Answer) -> None:
    """If one call fails, its error is raised: a failed run has no time."""
    try:
        seen = await TimedCalls(failing=2).measured(seconds_for, 4)
    except LookupError:
        return
    except ExceptionGroup as group:  # what a TaskGroup makes of it
        if group.subgroup(LookupError):
            return
        raise
    raise BrokenPromise("seconds_for, where one call fails", Words("LookupError raised"), seen)


JUDGES: dict[str, Judge] = {
    "seconds_for": FunctionJudge(
        (every_caller, at_the_same_time, until_the_last, a_failure_is_raised),
        advice={
            "not awaited": "`work()` only makes a coroutine. Start them all together, and await that.",
            "wrong value": "Compare the two lines above: who was started, who was awaited, and when was "
            "the clock read?",
        },
        mistakes=(
            KnownMistake(
                "The `await` inside runs them one after the other, and hands `gather` the results. Give it "
                "the coroutines: `work()` without `await`.",
                code=r"gather\(\s*\*\s*[\[(]\s*await\b",
            ),
            KnownMistake(
                "`gather` takes the coroutines one by one: unpack them with `*`.",
                code=r"gather\(\s*[^*\s]",
                facts=NO_COROUTINE.pattern,
            ),
        ),
    ),
    "recommend": FunctionJudge(
        (many_waits, nothing_waits, few_callers, small_pool, no_driver),
        may_block=True,
        advice={
            "coroutine returned": "Nothing here waits, so a plain `def` will do.",
            "wrong value": "Count for this situation: how many waits overlap with `def`, how many with "
            'async? Return the text "def" or "async".',
        },
    ),
}
