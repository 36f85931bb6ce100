"""Lesson 09, No hidden I/O: what is read must have been loaded."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from todo_lib.lab.bench import Bench, async_bench
from todo_lib.lab.contract import Broken, expect
from todo_lib.lab.contract.behaviour import Words
from todo_lib.lab.exercise import Exercise, Part, Prediction, Recall
from todo_lib.lab.judge import FunctionJudge
from todo_lib.lab.judge.clue import Clue
from todo_lib.lab.queries import count_queries
from todo_lib.lab.subtasks import Task, fill

STATEMENTS = 2  # for a page of tasks, however many there are


@dataclass(frozen=True)
class OnFactory:
    """The learner's function, called with a session factory of the bench."""

    function: Callable[..., Awaitable[Any]]
    factory: async_sessionmaker[AsyncSession]

    async def __call__(self, *args: Any) -> Any:
        """Return what the function returns. Its session is closed by then, if it closes it."""
        return await self.function(self.factory, *args)


def on_a_bench(answer: Callable[..., Any]) -> AbstractAsyncContextManager[Bench]:
    """Give the answer a database of its own."""
    return async_bench(partial(OnFactory, answer))


# -- rename ---------------------------------------------------------------------------------------------


async def _renamed(bench: Bench, name: str) -> Any:
    await fill(bench.own_factory, [1, 1, 1])
    return await bench.open_store()(2, name)


async def _in_the_database(bench: Bench) -> list[Any]:
    async with bench.own_factory() as session:
        return [await session.get_one(Task, id) for id in (1, 2, 3)]


async def returns_the_renamed(bench: Bench) -> None:
    """It returns the task with its new name."""
    for name in ("paint the fence", "call Zoë"):
        task = await _renamed(bench, name)
        expect(f"rename(factory, 2, {name!r}).name", name, getattr(task, "name", task))


async def writes_the_name(bench: Bench) -> None:
    """The new name is in the database, and no other task is changed."""
    await _renamed(bench, "call Zoë")
    names = [task.name for task in await _in_the_database(bench)]
    expect("rename(factory, 2, 'call Zoë'); names in the database", ["task 1", "call Zoë", "task 3"], names)


async def brings_the_time(bench: Bench) -> None:
    """`changed_at` is what the database holds; it can be read after the session is closed."""
    task = await _renamed(bench, "call Zoë")
    seen = getattr(task, "changed_at", task)
    stored = (await _in_the_database(bench))[1].changed_at
    expect("rename(factory, 2, 'call Zoë').changed_at", str(stored), str(seen))


# -- page -----------------------------------------------------------------------------------------------


async def _page(bench: Bench, limit: int) -> list[Any]:
    seen = await bench.open_store()(limit)
    if not isinstance(seen, Sequence):
        raise Broken(f"page(factory, {limit})", Words("a list of tasks"), seen)
    return list(seen)


async def returns_the_page(bench: Bench) -> None:
    """It returns the first `limit` tasks, oldest first; all of them if there are fewer."""
    for steps, limit in (([2, 0, 3, 1], 3), ([2, 0], 3), ([], 3)):
        await fill(bench.own_factory, steps)
        names = [getattr(task, "name", task) for task in await _page(bench, limit)]
        expected = [f"task {number}" for number in range(1, len(steps) + 1)][:limit]
        expect(f"page(factory, {limit}) of {len(steps)} tasks; the names", expected, names)


async def brings_the_subtasks(bench: Bench) -> None:
    """Each task brings its sub-tasks; they can be read after the session is closed."""
    await fill(bench.own_factory, [2, 0, 3])
    names = [[step.name for step in task.subtasks] for task in await _page(bench, 5)]
    expected = [["step 1.1", "step 1.2"], [], ["step 3.1", "step 3.2", "step 3.3"]]
    expect("page(factory, 5); the names of the sub-tasks", expected, names)


async def sends_two_statements(bench: Bench) -> None:
    """It sends at most two statements, for one task as for fifty."""
    for tasks in (1, 50):
        await fill(bench.own_factory, [2] * tasks)
        with count_queries(bench.open_store().factory) as queries:
            found = await _page(bench, 100)
        tried = f"page(factory, 100) of {tasks} task{'s' * (tasks > 1)}"
        expect(f"{tried}; how many came", tasks, len(found))
        if queries.count > STATEMENTS:
            expected = Words("at most two statements: the sub-tasks of all tasks come together")
            raise Broken(tried, expected, Words(f"{queries.count} statements"))


async def gives_its_connection_back(bench: Bench) -> None:
    """It gives its connection back to the pool."""
    await fill(bench.own_factory, [2, 2])
    await _page(bench, 5)
    expect("page(factory, 5), then connections still held", 0, bench.checked_out())


ADVICE = {
    "outside factory": "Use the factory your function is given: `factory()`.",
    "not awaited": "Each call that talks to the database needs `await` in front of it, and `await` needs `async def`. "
    "If `await` stands there already, it comes too late: put parentheses, `(await …).all()`.",
}

NOT_LOADED = Clue(
    "The UPDATE has expired `changed_at`, and your line does not load it. While the session is open, ask for it: "
    "`await session.refresh(…)` with the task and the attribute's name.",
    code=r"^(?![\s\S]*(expire|rollback))",  # those expire more than that
    facts="raised: DetachedInstanceError",
)
PAGE_CLUES = (
    Clue("`execute` gives rows, `scalars` gives tasks.", facts=r"saw: \[\("),
    Clue(
        "It belongs in `.options(selectinload(Task.subtasks))`: the attribute itself, not its name.",
        code=r"selectinload\([\"']|select\(Task, *(selectin|joined)load",
        facts="^raised: ",
    ),
    Clue(
        "This can be read only once. Make a list of it: `.all()`, or `list(…)`.",
        facts="expected: a list of tasks\nsaw: <",
    ),
    Clue(
        "Oldest first means here: `order_by(Task.id)`.",
        code=r"order_by\([^)]*changed_at",
        facts="; the names\n",
    ),
)


def parts() -> dict[str, Part]:
    """Return the lesson's questions and exercises, in order, fresh."""
    return {**_questions(), **_exercises()}


def _questions() -> dict[str, Part]:
    return {
        "recall_greenlet": Recall(
            question="You read `MissingGreenlet: greenlet_spawn has not been called`. What does it tell you?",
            options={
                "A": "The package `greenlet` is not installed.",
                "B": "The session is closed.",
                "C": "The database was to be asked where no `await` could wait for it.",
                "D": "Two tasks used one session at the same time.",
            },
            right="C",
            why={
                "A": "Tempting, because of the name. Without the package, no asynchronous engine would work at all.",
                "B": "A closed session leads to another error, which this lesson shows.",
                "C": "`await session.…` starts a greenlet, in which SQLAlchemy can wait. Here nobody has started one.",
                "D": "Then the message speaks of concurrent operations.",
            },
            look="lesson 04, under *Provoke it: three that must agree*",
        ),
        "recall_result": Recall(
            question="`tasks = await session.scalars(select(Task))`, then the session is closed. Which names can a "
            "loop over `tasks` print?",
            options={
                "A": "None: rows come from the database, and the session is closed.",
                "B": "All: the `await` has fetched every row.",
                "C": "Only the first: the others are fetched when the loop gets there.",
            },
            right="B",
            why={
                "A": "The rows came with the `await`. The loop reads memory.",
                "B": "The result is complete when `await` returns.",
                "C": "So it would be with `session.stream()`. `scalars` fetches all rows at once.",
            },
            look="lesson 06, under *Predict*",
        ),
        "three_tasks": Prediction(
            question="Three tasks with two sub-tasks each, and the loop reads them all. How many statements?",
            options={
                "A": "One: the query fetches the tasks with their sub-tasks.",
                "B": "Two: one for the tasks, one for all sub-tasks.",
                "C": "Four: one for the tasks, then one for each task.",
                "D": "Seven: one for the tasks, then one for each sub-task.",
            },
            right="C",
            why={
                "A": "Tempting, because an object looks complete. But the query names one table only.",
                "B": "You would write it so by hand. But at the first task, SQLAlchemy does not know that the loop "
                "will ask the others, too.",
                "C": "Each `task.subtasks` sends a statement when it is first read.",
                "D": "Tempting, because each sub-task is a row. But all rows of one task come together.",
            },
        ),
        "same_loop": Prediction(
            question="The same loop with an `AsyncSession`. What happens?",
            options={
                "A": "The same: `AsyncSession` waits for the additional statements by itself.",
                "B": "Each task has 0 sub-tasks: what was not loaded is not there.",
                "C": "An error in the line with `await`.",
                "D": "An error at `task.subtasks`, for the first task already.",
            },
            right="D",
            why={
                "A": "Tempting, because it does so much for you. But it can wait only where you write `await`.",
                "B": "That would be a wrong answer without an error. What is not loaded is not taken for empty.",
                "C": "That line asks for the tasks, and gets them.",
                "D": "Reading the attribute would send a statement, and there is no `await` at a dot.",
            },
        ),
        "computed": Prediction(
            question="The factory was made with `expire_on_commit=False`. What do the last two lines do?",
            options={
                "A": "They print the new name and the new time.",
                "B": "They print the new name and the old time, from 2001.",
                "C": "The first prints the new name, the second raises an error.",
                "D": "The first raises an error: after a commit nothing can be read.",
            },
            right="C",
            why={
                "A": "So it would be in synchronous code, where the second line would quietly send a SELECT.",
                "B": "Tempting, because the object is in memory. But the session knows that this value is out of "
                "date, and has expired it.",
                "C": "Python has set the name, so it is known. The time was set by the database.",
                "D": "So it would be without `expire_on_commit=False`.",
            },
        ),
    }


def _exercises() -> dict[str, Part]:
    return {
        "rename": Exercise(
            FunctionJudge(
                (returns_the_renamed, writes_the_name, brings_the_time),
                clues=(NOT_LOADED,),
                advice={
                    **ADVICE,
                    "raised": "Look at the line above. `refresh` wants the object and a list of names.",
                },
                opens=on_a_bench,
            ),
            hints=(
                "After the commit one value of the task is not in memory. Which one, and who knows it?",
                "Ask the session for that value, in the open line, while the session is open.",
                'await session.refresh(task, ["changed_at"])',
            ),
        ),
        "page": Exercise(
            FunctionJudge(
                (returns_the_page, brings_the_subtasks, sends_two_statements, gives_its_connection_back),
                clues=PAGE_CLUES,
                advice={
                    **ADVICE,
                    "raised": "Look at the line above. What is to be read must be loaded by the query.",
                },
                opens=on_a_bench,
            ),
            hints=(
                "Which of the ways above takes two statements, however many tasks there are?",
                "One query says everything: the order, the limit, and with `.options(…)` what else to load. "
                "Run it in a session of your own; its result must become a list.",
                "query = select(Task).order_by(Task.id).limit(limit).options(selectinload(Task.subtasks))\n"
                "async with factory() as session:\n    return (await session.scalars(query)).all()",
            ),
        ),
    }
