"""Lesson 00, Start here: the first `await`, the first check, and how a lesson works."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from todo_lib.async_app.datastore import DataStoreDb
from todo_lib.lab.bench import Bench, async_bench
from todo_lib.lab.contract import expect
from todo_lib.lab.contract.behaviour import names, task
from todo_lib.lab.exercise import Exercise, Part, Prediction
from todo_lib.lab.judge import Clue, FunctionJudge

Tried = tuple[Callable[..., Any], Bench]
"""The learner's function, and a database with the course's own store on it."""


@asynccontextmanager
async def with_store(function: Callable[..., Any]) -> AsyncIterator[Tried]:
    """Give the function a new database to be tried on."""
    async with async_bench(DataStoreDb) as bench:
        yield function, bench


# -- name_of -------------------------------------------------------------------------------------------


async def name_of_each(tried: Tried) -> None:
    """`await name_of(store, id)` returns the name of the task with that id."""
    name_of, bench = tried
    saved = await bench.insert_all([task("buy bread"), task("call Zoë", done=True), task("wash the car")])
    store = bench.open_store()
    for each in reversed(saved):
        expect(f"name_of(store, {each.id})", each.name, await name_of(store, each.id))


async def name_of_now(tried: Tried) -> None:
    """It asks the store it is given, each time: a task that was renamed has its new name."""
    name_of, bench = tried
    store = bench.open_store()
    saved = await store.add(task("water the plants"))
    expect(f"name_of(store, {saved.id})", "water the plants", await name_of(store, saved.id))
    await store.update(saved.id, task("water the garden"))
    again = f"name_of(store, {saved.id}), after the task was renamed"
    expect(again, "water the garden", await name_of(store, saved.id))


# -- add_once ------------------------------------------------------------------------------------------


async def call_add_once(tried: Tried, name: str, expected: bool, **values: Any) -> None:
    """Call the function once; compare what it returns, and what is in the database then."""
    add_once, bench = tried
    before = names(list((await bench.stored()).values()))
    new = task(name, **values)
    call = f"add_once(store, task {name!r}); in the list: {', '.join(map(repr, before)) or 'nothing'}"
    expect(call, expected, await add_once(bench.open_store(), new))
    stored = list((await bench.stored()).values())
    expect(f"{call}; then the names in the database", before + [name] * expected, names(stored))
    if expected:
        saved = stored[-1].model_dump(exclude={"id", "created_at"})
        expect(f"add_once(store, task {name!r}), then what is stored of it", new.model_dump(), saved)


async def new_name_is_added(tried: Tried) -> None:
    """A task with a new name is saved as it is, and the answer is True."""
    await call_add_once(tried, "buy bread", expected=True, priority=3)
    await call_add_once(tried, "water the plants", expected=True, priority=8, done=True)


async def known_name_is_not_added(tried: Tried) -> None:
    """A task whose name is in the list, done or not, is not saved again, and the answer is False."""
    _, bench = tried
    await bench.insert_all([task("call Zoë"), task("buy bread", done=True), task("100 % of_it", priority=1)])
    for name in ("100 % of_it", "buy bread", "call Zoë"):
        await call_add_once(tried, name, expected=False, priority=6)


async def similar_name_is_new(tried: Tried) -> None:
    """A name that only resembles one is new: "buy bread" beside "buy bread rolls" or "Buy bread"."""
    _, bench = tried
    await bench.insert_all([task("buy bread rolls"), task("Buy bread")])
    await call_add_once(tried, "buy bread", expected=True)


async def what_others_do_counts(tried: Tried) -> None:
    """It asks the store each time: what was added or deleted in another way counts."""
    _, bench = tried
    await call_add_once(tried, "buy bread", expected=True)
    await bench.insert_all([task("call Zoë")])
    await call_add_once(tried, "call Zoë", expected=False)
    for id in await bench.stored():
        await bench.open_store().delete(id)
    await call_add_once(tried, "buy bread", expected=True)


def parts() -> dict[str, Part]:
    """Return the lesson's questions and exercises, in order, fresh."""
    return {
        "run": Prediction(
            question="`asyncio.run(fetch_task())` in a cell. What happens?",
            options={
                "A": "It works as in a script: the cell shows `buy bread`.",
                "B": "It works: a second event loop runs beside the first.",
                "C": "An error: an event loop is running already.",
                "D": "No error, and nothing runs: an `await` is missing.",
            },
            right="C",
            why={
                "A": "Tempting, because in a script this line is right. There no loop is running when it begins.",
                "B": "Tempting, because more than one loop sounds harmless. "
                "But a thread runs one loop at a time, and this thread is busy with the kernel's.",
                "C": "`asyncio.run` wants to start a loop. The kernel has started one, and this cell runs in it.",
                "D": "Tempting, because `fetch_task()` alone does nothing. But `asyncio.run` is a plain function: "
                "it is called, looks for a running loop, and refuses.",
            },
        ),
        "name_of": Exercise(
            FunctionJudge(
                (name_of_each, name_of_now),
                opens=with_store,
                advice={
                    "not awaited": "Only `await` runs it, and not `asyncio.run`. The function needs `async def`. "
                    "If a dot follows, in parentheses: `(await …).name`.",
                    "wrong object": "Pass the function itself, without brackets: `check(name_of)`.",
                },
            ),
            hints=(
                "The store is asynchronous: a call to one of its methods makes a coroutine, and `await` gets the "
                "task out of it.",
                "One line is open. What stands right of the `=`? Above, `await store.add(bread)` waited for the "
                "store; here it is `get`, with the id that was given.",
                "task = await store.get(id)",
            ),
        ),
        "add_once": Exercise(
            FunctionJudge(
                (new_name_is_added, known_name_is_not_added, similar_name_is_new, what_others_do_counts),
                opens=with_store,
                advice={
                    "not awaited": "Only `await` runs it, and not `asyncio.run`. "
                    "A function that awaits begins with `async def`.",
                    "wrong value": "Compare the two lines above: what does the function return, and what does "
                    "it do to the database?",
                    "wrong object": "Pass the function itself, without brackets: `check(add_once)`.",
                },
                clues=(
                    Clue("One path through the function has no `return`.", facts="^saw: None"),
                    Clue(
                        "Is each call to the store awaited before the function returns?",
                        code=r"create_task|ensure_future",
                    ),
                    Clue(
                        "Compare names, not tasks: a task to save never equals a saved one.", r"\btask in\b"
                    ),
                    Clue(
                        "Compare the names exactly as they are.",
                        r"\.(lower|upper|casefold)\(|name in \w+\.name",
                    ),
                ),
            ),
            hints=(
                "Two calls talk to the store: one asks what is there, one saves. Each needs `await`, and a "
                "function that awaits begins with `async def`.",
                "`await store.all()` gives a list of tasks, each with a `name`. If none has the name of the new "
                "task, save it with `store.add(task)`, and wait for that, too.",
                "async def add_once(store, task):\n"
                "    names = [each.name for each in await store.all()]\n"
                "    if task.name in names:\n"
                "        return False\n"
                "    await store.add(task)\n"
                "    return True",
            ),
        ),
        "query": Prediction(
            question="Which line of the asynchronous `get` sends the query?",
            options={
                "A": "`async def get(self, id)`",
                "B": "`async with self.factory() as session:`",
                "C": "`entity = await session.get(Task, id)`",
                "D": "`return TaskOutput.model_validate(entity) if entity else None`",
            },
            right="C",
            why={
                "A": "Tempting, because `async` looks like work. It only says that a call makes a coroutine.",
                "B": "Tempting, because a session sounds like a connection. "
                "It takes one when it needs it, and that is at its first query.",
                "C": "This line talks to the database, so it waits, and while it waits other tasks run.",
                "D": "Tempting, because here the task comes out. But its values are in memory by then: "
                "nothing to wait for, so no `await`.",
            },
        ),
    }
