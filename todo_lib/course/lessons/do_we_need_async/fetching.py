"""What this lesson asks of `load_all`: fetches that overlap, results in order, errors that are raised."""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any

from todo_lib.lab.checks.behaviour import BrokenPromise, Words, require_equal
from todo_lib.lab.errors.expected import stable_text

Answer = Callable[..., Any]
NO_COROUTINE = re.compile("unhashable type|awaitable is required|bad yield|coroutine was expected")


class SlowService:
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
        task = asyncio.current_task()
        assert task, "a coroutine runs in a task"
        self._tasks.add(task)
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
                raise BrokenPromise(f"load_all(fetch, {self.ids})", expected, seen) from error
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
        service = SlowService(count)
        expected = [service.values[id] for id in service.ids]
        seen = await service.load(load_all)
        if asyncio.isfuture(seen):
            seen = Words("a future: the results are not there yet, and nobody awaits them")
        elif isinstance(seen, list | tuple) and any(isawaitable(each) for each in seen):
            seen = Words("coroutines or tasks, not their results")
        require_equal(
            f"load_all(fetch, {service.ids})", expected, list(seen) if isinstance(seen, tuple) else seen
        )


async def all_under_way(load_all: Answer) -> None:
    """All fetches are under way at the same time."""
    for count in (5, 8):
        service = SlowService(count)
        await service.load(load_all)
        if service.most != count:
            expected, seen = Words(f"{count} at a time"), Words(f"{service.most} at a time")
            raise BrokenPromise(f"load_all with {count} ids", expected, seen)


async def error_raised(load_all: Answer) -> None:
    """If one fetch fails, its error is raised."""
    service = SlowService(5, failing=True)
    try:
        seen = await service.load(load_all)
    except LookupError:
        return
    except ExceptionGroup as group:  # what a TaskGroup makes of it
        if group.subgroup(LookupError):
            return
        raise
    raise BrokenPromise(f"load_all, where fetch({service.failing}) fails", Words("LookupError raised"), seen)
