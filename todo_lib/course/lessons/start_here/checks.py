"""Start here: the first `await`, the first check, and how a lesson works."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from todo_lib.async_app.datastore import DataStoreDb
from todo_lib.course.contract.harness import Harness, async_harness
from todo_lib.course.contract.registry import names, task_input
from todo_lib.lab.checks import FunctionJudge, KnownMistake
from todo_lib.lab.checks.behaviour import require_equal
from todo_lib.lab.exercise import Judge

Tried = tuple[Callable[..., Any], Harness]
"""The learner's function, and a database with the course's own store on it."""


@asynccontextmanager
async def with_store(function: Callable[..., Any]) -> AsyncIterator[Tried]:
    """Give the function a new database to be tried on."""
    async with async_harness(DataStoreDb) as harness:
        yield function, harness


# -- name_of -------------------------------------------------------------------------------------------


async def name_of_each(tried: Tried) -> None:
    """`await name_of(store, id)` returns the name of the task with that id."""
    name_of, harness = tried
    saved = await harness.insert_all(
        [task_input("buy bread"), task_input("call Zoë", done=True), task_input("wash the car")]
    )
    store = harness.open_store()
    for each in reversed(saved):
        require_equal(f"name_of(store, {each.id})", each.name, await name_of(store, each.id))


async def name_of_now(tried: Tried) -> None:
    """It asks the store it is given, each time: a task that was renamed has its new name."""
    name_of, harness = tried
    store = harness.open_store()
    saved = await store.add(task_input("water the plants"))
    require_equal(f"name_of(store, {saved.id})", "water the plants", await name_of(store, saved.id))
    await store.update(saved.id, task_input("water the garden"))
    again = f"name_of(store, {saved.id}), after the task was renamed"
    require_equal(again, "water the garden", await name_of(store, saved.id))


# -- add_once ------------------------------------------------------------------------------------------


async def call_add_once(tried: Tried, name: str, expected: bool, **values: Any) -> None:
    """Call the function once; compare what it returns, and what is in the database then."""
    add_once, harness = tried
    before = names(list((await harness.stored()).values()))
    new = task_input(name, **values)
    call = f"add_once(store, task {name!r}); in the list: {', '.join(map(repr, before)) or 'nothing'}"
    require_equal(call, expected, await add_once(harness.open_store(), new))
    stored = list((await harness.stored()).values())
    require_equal(f"{call}; then the names in the database", before + [name] * expected, names(stored))
    if expected:
        saved = stored[-1].model_dump(exclude={"id", "created_at"})
        require_equal(f"add_once(store, task {name!r}), then what is stored of it", new.model_dump(), saved)


async def new_name_is_added(tried: Tried) -> None:
    """A task with a new name is saved as it is, and the answer is True."""
    await call_add_once(tried, "buy bread", expected=True, priority=3)
    await call_add_once(tried, "water the plants", expected=True, priority=8, done=True)


async def known_name_is_not_added(tried: Tried) -> None:
    """A task whose name is in the list, done or not, is not saved again, and the answer is False."""
    _, harness = tried
    await harness.insert_all(
        [task_input("call Zoë"), task_input("buy bread", done=True), task_input("100 % of_it", priority=1)]
    )
    for name in ("100 % of_it", "buy bread", "call Zoë"):
        await call_add_once(tried, name, expected=False, priority=6)


async def similar_name_is_new(tried: Tried) -> None:
    """A name that only resembles one is new: "buy bread" beside "buy bread rolls" or "Buy bread"."""
    _, harness = tried
    await harness.insert_all([task_input("buy bread rolls"), task_input("Buy bread")])
    await call_add_once(tried, "buy bread", expected=True)


async def what_others_do_counts(tried: Tried) -> None:
    """It asks the store each time: what was added or deleted in another way counts."""
    _, harness = tried
    await call_add_once(tried, "buy bread", expected=True)
    await harness.insert_all([task_input("call Zoë")])
    await call_add_once(tried, "call Zoë", expected=False)
    for id in await harness.stored():
        await harness.open_store().delete(id)
    await call_add_once(tried, "buy bread", expected=True)


JUDGES: dict[str, Judge] = {
    "name_of": FunctionJudge(
        (name_of_each, name_of_now),
        opens=with_store,
        advice={
            "not awaited": "Only `await` runs it, and not `asyncio.run`. The function needs `async def`. "
            "If a dot follows, in parentheses: `(await …).name`.",
            "wrong object": "Pass the function itself, without brackets: `check(name_of)`.",
        },
    ),
    "add_once": FunctionJudge(
        (new_name_is_added, known_name_is_not_added, similar_name_is_new, what_others_do_counts),
        opens=with_store,
        advice={
            "not awaited": "Only `await` runs it, and not `asyncio.run`. "
            "A function that awaits begins with `async def`.",
            "wrong value": "Compare the two lines above: what does the function return, and what does "
            "it do to the database?",
            "wrong object": "Pass the function itself, without brackets: `check(add_once)`.",
        },
        mistakes=(
            KnownMistake("One path through the function has no `return`.", facts="^saw: None"),
            KnownMistake(
                "Is each call to the store awaited before the function returns?",
                code=r"create_task|ensure_future",
            ),
            KnownMistake(
                "Compare names, not tasks: a task to save never equals a saved one.", r"\btask in\b"
            ),
            KnownMistake(
                "Compare the names exactly as they are.",
                r"\.(lower|upper|casefold)\(|name in \w+\.name",
            ),
        ),
    ),
}
