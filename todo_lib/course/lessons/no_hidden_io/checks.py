"""No hidden I/O: what is read must have been loaded."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from todo_lib.course.contract.harness import Harness, async_harness
from todo_lib.course.lessons.no_hidden_io.subtasks import Subtask, Task, fill
from todo_lib.lab.checks import FunctionJudge
from todo_lib.lab.checks.advice import KnownMistake
from todo_lib.lab.checks.behaviour import BrokenPromise, Words, fails_as, require_equal
from todo_lib.lab.db.queries import count_queries
from todo_lib.lab.exercise import Judge

STATEMENTS = 2  # for a page of tasks, however many there are


@dataclass(frozen=True)
class CallWithFactory:
    """The learner's function, called with a session factory of the harness."""

    function: Callable[..., Awaitable[Any]]
    factory: async_sessionmaker[AsyncSession]

    async def __call__(self, *args: Any) -> Any:
        """Return what the function returns. Its session is closed by then, if it closes it."""
        return await self.function(self.factory, *args)


def with_harness(answer: Callable[..., Any]) -> AbstractAsyncContextManager[Harness]:
    """Give the answer a database of its own."""
    return async_harness(partial(CallWithFactory, answer))


# -- rename ---------------------------------------------------------------------------------------------


async def _renamed(harness: Harness, name: str) -> Any:
    await fill(harness.own_factory, [1, 1, 1])
    return await harness.open_store()(2, name)


async def _in_the_database(harness: Harness) -> list[Any]:
    async with harness.own_factory() as session:
        return [await session.get_one(Task, id) for id in (1, 2, 3)]


async def returns_the_renamed(harness: Harness) -> None:
    """It returns the task with its new name."""
    for name in ("paint the fence", "call Zoë"):
        task = await _renamed(harness, name)
        require_equal(f"rename(factory, 2, {name!r}).name", name, getattr(task, "name", task))


async def writes_the_name(harness: Harness) -> None:
    """The new name is in the database, and no other task is changed."""
    await _renamed(harness, "call Zoë")
    names = [task.name for task in await _in_the_database(harness)]
    require_equal(
        "rename(factory, 2, 'call Zoë'); names in the database", ["task 1", "call Zoë", "task 3"], names
    )


async def brings_the_time(harness: Harness) -> None:
    """`changed_at` is what the database holds; it can be read after the session is closed."""
    task = await _renamed(harness, "call Zoë")
    seen = getattr(task, "changed_at", task)
    stored = (await _in_the_database(harness))[1].changed_at
    require_equal("rename(factory, 2, 'call Zoë').changed_at", str(stored), str(seen))


# -- page -----------------------------------------------------------------------------------------------


async def _page(harness: Harness, limit: int) -> list[Any]:
    seen = await harness.open_store()(limit)
    if not isinstance(seen, Sequence):
        raise BrokenPromise(f"page(factory, {limit})", Words("a list of tasks"), seen)
    return list(seen)


async def returns_the_page(harness: Harness) -> None:
    """It returns the first `limit` tasks, oldest first; all of them if there are fewer."""
    for steps, limit in (([2, 0, 3, 1], 3), ([2, 0], 3), ([], 3)):
        await fill(harness.own_factory, steps)
        names = [getattr(task, "name", task) for task in await _page(harness, limit)]
        expected = [f"task {number}" for number in range(1, len(steps) + 1)][:limit]
        require_equal(f"page(factory, {limit}) of {len(steps)} tasks; the names", expected, names)


async def brings_the_subtasks(harness: Harness) -> None:
    """Each task brings its sub-tasks; they can be read after the session is closed."""
    await fill(harness.own_factory, [2, 0, 3])
    names = [[step.name for step in task.subtasks] for task in await _page(harness, 5)]
    expected = [["step 1.1", "step 1.2"], [], ["step 3.1", "step 3.2", "step 3.3"]]
    require_equal("page(factory, 5); the names of the sub-tasks", expected, names)


async def sends_two_statements(harness: Harness) -> None:
    """It sends at most two statements, for one task as for fifty."""
    for tasks in (1, 50):
        await fill(harness.own_factory, [2] * tasks)
        with count_queries(harness.open_store().factory) as queries:
            found = await _page(harness, 100)
        tried = f"page(factory, 100) of {tasks} task{'s' * (tasks > 1)}"
        require_equal(f"{tried}; how many came", tasks, len(found))
        if queries.count > STATEMENTS:
            expected = Words("at most two statements: the sub-tasks of all tasks come together")
            raise BrokenPromise(tried, expected, Words(f"{queries.count} statements"))


@fails_as("too much read")
async def reads_nothing_else(harness: Harness) -> None:
    """It reads the page and nothing else: the database counts the tasks, not Python."""
    await fill(harness.own_factory, [2] * 20)
    read: list[str] = []

    def note(entity: Any, context: Any) -> None:
        read.append(type(entity).__name__)

    for kind in (Task, Subtask):
        event.listen(kind, "load", note)
    try:
        await _page(harness, 3)
    finally:
        for kind in (Task, Subtask):
            event.remove(kind, "load", note)
    for name, most in (("Task", 3), ("Subtask", 6)):
        if read.count(name) > most:
            seen = Words(f"{read.count(name)} of them were read")
            raise BrokenPromise("page(factory, 3) of 20 tasks", Words(f"at most {most} {name}s"), seen)


@fails_as("connection kept")
async def gives_its_connection_back(harness: Harness) -> None:
    """It gives its connection back to the pool."""
    await fill(harness.own_factory, [2, 2])
    await _page(harness, 5)
    require_equal("page(factory, 5), then connections still held", 0, harness.checked_out())


ADVICE = {
    "outside factory": "Use the factory your function is given: `factory()`.",
    "too much read": "Say it in the statement, `.limit(…)`: what is left out is not read at all.",
    "not awaited": "Each call that talks to the database needs `await` in front of it, and `await` needs "
    "`async def`. If `await` stands there already, it comes too late: put parentheses, `(await …).all()`.",
}

NOT_LOADED = KnownMistake(
    "The UPDATE has expired `changed_at`, and your line does not load it. While the session is open, ask for "
    "it: `await session.refresh(…)` with the task and the attribute's name.",
    code=r"^(?![\s\S]*(expire|rollback))",  # those expire more than that
    facts="raised: DetachedInstanceError",
)
PAGE_MISTAKES = (
    KnownMistake("`execute` gives rows, `scalars` gives tasks.", facts=r"saw: \[\("),
    KnownMistake(
        "It belongs in `.options(selectinload(Task.subtasks))`: the attribute itself, not its name.",
        code=r"selectinload\([\"']|select\(Task, *(selectin|joined)load",
        facts="^raised: ",
    ),
    KnownMistake(
        "This can be read only once. Make a list of it: `.all()`, or `list(…)`.",
        facts="expected: a list of tasks\nsaw: <",
    ),
    KnownMistake(
        "Oldest first means here: `order_by(Task.id)`.",
        code=r"order_by\([^)]*changed_at",
        facts="; the names\n",
    ),
)

JUDGES: dict[str, Judge] = {
    "rename": FunctionJudge(
        (returns_the_renamed, writes_the_name, brings_the_time),
        mistakes=(NOT_LOADED,),
        advice={
            **ADVICE,
            "raised": "Look at the line above. `refresh` wants the object and a list of names.",
        },
        opens=with_harness,
    ),
    "page": FunctionJudge(
        (
            returns_the_page,
            brings_the_subtasks,
            sends_two_statements,
            reads_nothing_else,
            gives_its_connection_back,
        ),
        mistakes=PAGE_MISTAKES,
        advice={
            **ADVICE,
            "raised": "Look at the line above. What is to be read must be loaded by the query.",
        },
        opens=with_harness,
    ),
}
