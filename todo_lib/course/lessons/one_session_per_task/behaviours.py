"""What this lesson asks of `load_all` and `split_task`."""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import date
from functools import partial
from inspect import isawaitable
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from todo_lib.course.contract.harness import Harness, async_harness
from todo_lib.course.contract.registry import names, task_input
from todo_lib.entities import Task
from todo_lib.lab.checks.behaviour import BrokenPromise, Words, fails_as, require_equal

WARM = 5  # connections that a pool keeps: nothing is cancelled while it opens one


def with_harness(answer: Callable[..., Any]) -> AbstractAsyncContextManager[Harness]:
    """Give a database.

    The harness's `open_store()` is the answer, with its first argument, the factory, in place.
    """
    return async_harness(partial(partial, answer))


# -- load_all ------------------------------------------------------------------------------------------


class TaskLoader:
    """Tasks in a database, and the `load` that the answer is given: it notes what is under way."""

    def __init__(self, harness: Harness) -> None:
        self.load_all, self.checked_out = harness.open_store(), harness.checked_out
        self.harness = harness
        self.ids: list[int] = []
        self.values: list[str] = []
        self.under_way = self.reading = self.most = self.finished = 0
        self.failing: int | None = None

    async def fill(self, count: int, failing: bool = False) -> None:
        """Insert tasks to load, and warm the pool; with `failing`, the second one cannot be loaded."""
        self.values = [f"task {random.randrange(10**6)}" for _ in range(count)]
        saved = await self.harness.insert_all([task_input(name) for name in self.values])
        self.ids = [each.id for each in saved]
        self.failing = self.ids[1] if failing else None
        factory = self.load_all.args[0]
        sessions = [factory() for _ in range(WARM)]
        await asyncio.gather(*(session.execute(text("SELECT 1")) for session in sessions))
        for session in sessions:
            await session.close()

    async def call(self, load: Callable[..., Any] | None = None) -> Any:
        """Return what `load_all` gives, with what is no result in words."""
        made: list[Any] = []

        def noted(session: Any, id: int) -> Any:
            made.append(coroutine := (load or self.load)(session, id))
            return coroutine

        try:
            seen = await self.load_all(noted, list(self.ids))
        except ExceptionGroup as group:
            raise first_of(group) from None  # it names the learner's own line
        except TypeError:
            for coroutine in made:  # the error tells enough: nobody need hear of them as well
                coroutine.close()
            raise
        if asyncio.isfuture(seen):
            return Words("a future: the results are not there yet, and nobody awaits them")
        if isinstance(seen, list | tuple) and any(isawaitable(each) for each in seen):
            return Words("coroutines or asyncio tasks, not their results")
        return list(seen) if isinstance(seen, tuple) else seen

    async def load(self, session: Any, id: int) -> str:
        """Return a task's name. Raise `LookupError` for the failing id, while others hold their sessions."""
        self.under_way, self.reading = self.under_way + 1, self.reading + 1
        self.most = max(self.most, self.under_way)
        try:
            try:
                task: Task = await session.get(Task, id)
            finally:
                self.reading -= 1
            if id == self.failing:
                await self._others_have_read()
                raise LookupError(f"no task {id}")
            await asyncio.sleep(0.8 if self.failing else 0.01)  # long enough for a busy machine
            self.finished += 1
            return task.name
        finally:
            self.under_way -= 1

    async def _others_have_read(self) -> None:
        """Wait until each load has its task: one that is cancelled during a query loses its connection."""
        await asyncio.sleep(0.02)
        while self.reading:  # noqa: ASYNC110 (there is nothing to wait for but a number)
            await asyncio.sleep(0.005)


def first_of(group: BaseExceptionGroup[Any]) -> BaseException:
    """Return the first error in a group that is no group itself."""
    first = group.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


async def results_in_order(harness: Harness) -> None:
    """It returns a list: the result of `load(session, id)` for each id, in the order of `ids`."""
    for count in (5, 0):
        loader = TaskLoader(harness)
        await loader.fill(count)
        results = dict(zip(loader.ids, loader.values, strict=True))

        async def load(session: Any, id: int, results: dict[int, str] = results) -> str:
            await asyncio.sleep(0.005 * (max(results) - id))  # the first one takes longest
            return results[id]

        require_equal(f"load_all with {count} ids", loader.values, await loader.call(load))
        loader.ids = [each for each in loader.ids for _ in range(2)]
        twice = [each for each in loader.values for _ in range(2)]
        require_equal(f"load_all with {count} ids, each of them twice", twice, await loader.call(load))


@fails_as("session shared")
async def a_session_each(harness: Harness) -> None:
    """Each load gets an open session of its own: no two that run at once share one."""
    loader, sessions = TaskLoader(harness), []
    await loader.fill(5)

    async def load(session: Any, id: int) -> None:
        sessions.append(session)
        await asyncio.sleep(0.001)

    await loader.call(load)
    tried = "load_all with 5 ids: what `load` was given as its session"
    others = [each for each in sessions if not isinstance(each, AsyncSession)]
    if others:
        kind = type(others[0]).__name__
        seen = "the factory itself" if isinstance(others[0], async_sessionmaker) else f"{kind}, no session"
        raise BrokenPromise(tried, Words("an AsyncSession"), Words(seen))
    different = len({id(each) for each in sessions})
    if different != 5:
        raise BrokenPromise(
            tried, Words("5 different sessions"), Words(f"{different} for {len(sessions)} loads")
        )


async def side_by_side(harness: Harness) -> None:
    """Several loads are under way at the same time."""
    loader = TaskLoader(harness)
    await loader.fill(5)
    await loader.call()
    if loader.most < 2:
        raise BrokenPromise("load_all with 5 ids", Words("several loads at a time"), Words("1 at a time"))


async def one_fails(loader: TaskLoader) -> None:
    """Call `load_all` where one of five loads fails.

    Raise `BrokenPromise` if the error does not come through.
    """
    await loader.fill(5, failing=True)
    tried = "load_all, where one of 5 loads fails"
    try:
        seen = await loader.call()
    except LookupError:
        return
    raise BrokenPromise(tried, Words("LookupError raised, alone or in a group"), seen)


async def a_failure_stops_the_others(harness: Harness) -> None:
    """If one load fails, its error is raised, and by then the others have been cancelled."""
    loader = TaskLoader(harness)
    await one_fails(loader)
    tried, expected = "load_all, where one of 5 loads fails; the others", Words("cancelled")
    if loader.under_way:
        raise BrokenPromise(
            tried, expected, Words(f"{loader.under_way} still running when the error was raised")
        )
    if loader.finished:
        raise BrokenPromise(
            tried, expected, Words(f"{loader.finished} ran to their end before the error was raised")
        )


@fails_as("connection kept")
async def connections_are_back(harness: Harness) -> None:
    """It has given every connection back when it returns, and when it raises."""
    loader = TaskLoader(harness)
    await loader.fill(5)
    await loader.call()
    require_equal("load_all with 5 ids, then connections still held", 0, loader.checked_out())
    await one_fails(failing := TaskLoader(harness))
    require_equal("load_all, where one of 5 fails, then connections still held", 0, failing.checked_out())


# -- split_task ----------------------------------------------------------------------------------------

PARTS = ("wash the cups", "wash the plates")


async def parts(harness: Harness) -> tuple[int, list[Any]]:
    """Insert three tasks; return the id of the one to split, and its parts."""
    saved = await harness.insert_all([task_input("buy bread"), task_input("wash up"), task_input("call Zoë")])
    return saved[1].id, [task_input(name, priority=9, due_date=date(2028, 2, 29)) for name in PARTS]


async def splits(harness: Harness) -> None:
    """It adds every part with all its values, deletes the task, and leaves the other tasks alone."""
    id, wanted = await parts(harness)
    await harness.open_store()(id, wanted)
    stored = list((await harness.stored()).values())
    tried = 'split_task(factory, id of "wash up", two parts); the names in the database'
    require_equal(tried, ["buy bread", "call Zoë", *PARTS], names(sorted(stored, key=lambda each: each.name)))
    found = [each.model_dump(exclude={"id", "created_at"}) for each in stored if each.name in PARTS]
    require_equal("the parts as they are stored", [each.model_dump() for each in wanted], found)


async def unknown_id(harness: Harness) -> None:
    """For an unknown id it raises `ValueError` and changes nothing."""
    _, wanted = await parts(harness)
    before = names(list((await harness.stored()).values()))
    tried = "split_task(factory, 4711, two parts)"
    try:
        seen = await harness.open_store()(4711, wanted)
    except ValueError:
        after = names(list((await harness.stored()).values()))
        require_equal(f"{tried}, which raises; the names in the database", before, after)
        return
    raise BrokenPromise(tried, Words("ValueError raised"), seen)


async def refused_part(harness: Harness) -> None:
    """If the database refuses a part, that error is raised and nothing is changed."""
    id, wanted = await parts(harness)
    before = names(list((await harness.stored()).values()))
    refused = [*wanted, wanted[0].model_copy(update={"name": None})]
    tried = "split_task with a third part that has no name"
    try:
        seen = await harness.open_store()(id, refused)
    except Exception as error:
        if isinstance(error, BrokenPromise) or "NOT NULL" not in str(error):
            raise
        after = names(list((await harness.stored()).values()))
        require_equal(f"{tried}, which raises; the names in the database", before, after)
        return
    raise BrokenPromise(tried, Words("the database's IntegrityError raised"), seen)


async def one_commit(harness: Harness) -> None:
    """It commits once, so nobody ever sees half of it."""
    id, wanted = await parts(harness)
    call = harness.open_store()
    with commits(call.args[0]) as seen:
        await call(id, wanted)
    require_equal("split_task with two parts; number of commits", 1, len(seen))
    with commits(call.args[0]) as seen:
        await asyncio.gather(call(4711, wanted), return_exceptions=True)
    require_equal("split_task with an unknown id; number of commits", 0, len(seen))


@fails_as("connection kept")
async def session_is_closed(harness: Harness) -> None:
    """It has given its connection back when it returns, and when it raises."""
    id, wanted = await parts(harness)
    call = harness.open_store()
    await call(id, wanted)
    require_equal("split_task, then connections still held", 0, harness.checked_out())
    await asyncio.gather(call(4711, wanted), return_exceptions=True)
    require_equal("split_task of an unknown id, then connections still held", 0, harness.checked_out())


@contextmanager
def commits(factory: async_sessionmaker[AsyncSession]) -> Iterator[list[str]]:
    """Collect an entry for each commit that reaches the database while the block runs."""
    engine, seen = factory.kw["bind"].sync_engine, []

    def note(connection: Any) -> None:
        seen.append("commit")

    event.listen(engine, "commit", note)
    try:
        yield seen
    finally:
        event.remove(engine, "commit", note)


LOAD = (results_in_order, a_session_each, side_by_side, a_failure_stops_the_others, connections_are_back)
SPLIT = (splits, unknown_id, refused_part, one_commit, session_is_closed)
