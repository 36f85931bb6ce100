"""What a call does although somebody else is at work at the same moment, or the database refuses."""

from collections.abc import Awaitable
from typing import Any

from sqlalchemy.exc import DBAPIError

from todo_lib.course.contract.harness import Harness
from todo_lib.course.contract.registry import task_input, uses
from todo_lib.entities import Base
from todo_lib.lab.checks.behaviour import BrokenPromise, Words, fails_as, require_equal
from todo_lib.models import TaskFilter

NAMELESS = task_input().model_copy(update={"name": None})  # the column is NOT NULL


@uses("add")
@fails_as("another row")
async def add_returns_its_own_task(harness: Harness) -> None:
    """add() returns its own task, even if another client adds an equal one at the same moment."""
    store, others = harness.open_store(), []

    async def other_client() -> None:
        others.append(await harness.insert(**task_input().model_dump()))

    with harness.meanwhile(other_client):
        own = [(await store.add(task_input())).id for _ in range(3)]
    for id in own:
        if id in others:
            raise BrokenPromise(
                "add(), and another client adds an equal task",
                Words("the id of its own"),
                Words("the other's"),
            )
    require_equal(
        "add() and another client's equal tasks, then the ids in the database",
        sorted({*own, *others}),
        sorted(await harness.stored()),
    )


@uses("get")
@fails_as("remembered")
async def get_sees_what_others_do(harness: Harness) -> None:
    """get() asks the database each time: it sees what another client has done since."""
    store = harness.open_store()
    id = await harness.insert(**task_input().model_dump())
    require_equal(f"get({id})", (await harness.stored())[id], await store.get(id))
    await harness.change(id, name="changed elsewhere")
    require_equal(
        f"get({id}), after another client changed it", (await harness.stored())[id], await store.get(id)
    )
    await harness.remove(id)
    require_equal(f"get({id}), after another client deleted it", None, await store.get(id))


@uses("all")
@fails_as("remembered")
async def all_sees_what_others_do(harness: Harness) -> None:
    """all() asks the database each time: it sees what another client has done since."""
    store = harness.open_store()
    require_equal("all() without tasks", [], await store.all())
    id = await harness.insert(**task_input().model_dump())
    require_equal("all(), after another client added a task", [id], [each.id for each in await store.all()])
    await harness.remove(id)
    require_equal("all(), after another client deleted it", [], await store.all())


@uses("filter", "get_statistics")
@fails_as("remembered")
async def the_questions_are_asked_each_time(harness: Harness) -> None:
    """filter() and get_statistics() ask the database each time, too."""
    store = harness.open_store()
    for count in range(3):
        found = len(await store.filter(TaskFilter()))
        require_equal(f"filter() after another client added {count} tasks, how many", count, found)
        found = (await store.get_statistics()).total_tasks
        require_equal(f"get_statistics() after another client added {count} tasks, total", count, found)
        await harness.insert(**task_input().model_dump())


@uses("add")
@fails_as("error swallowed")
async def add_lets_errors_through(harness: Harness) -> None:
    """add() raises what the database raises, and afterwards the store works as before."""
    store = harness.open_store()
    await _is_refused("add() of what the database refuses", store.add(NAMELESS))
    saved = await store.add(task_input())
    require_equal(
        "add() of what the database refuses, then add() of a task, then the ids in the database",
        [saved.id],
        list(await harness.stored()),
    )


@uses("update")
@fails_as("error swallowed")
async def update_lets_errors_through(harness: Harness) -> None:
    """update() raises what the database raises, and afterwards the store works as before."""
    store = harness.open_store()
    id = await harness.insert(**task_input().model_dump())
    before = await harness.stored()
    await _is_refused(f"update({id}, …) of what the database refuses", store.update(id, NAMELESS))
    tried = f"update({id}, …) of what the database refuses"
    require_equal(f"{tried}, then what the database holds", before, await harness.stored())
    changed = await store.update(id, task_input("changed"))
    require_equal(f"{tried}, then update({id}, …)", {id: changed}, await harness.stored())


@uses("get")
@fails_as("error swallowed")
async def get_lets_errors_through(harness: Harness) -> None:
    """get() raises what the database raises: "it cannot say" is not "there is none"."""
    await _fails_without_a_table(harness, get=(1,))


@uses("all", "filter", "delete", "get_statistics")
@fails_as("error swallowed")
async def the_other_calls_let_errors_through(harness: Harness) -> None:
    """The other methods raise what the database raises, too."""
    await _fails_without_a_table(harness, all=(), filter=(TaskFilter(),), delete=(1,), get_statistics=())


async def _fails_without_a_table(harness: Harness, **calls: tuple[Any, ...]) -> None:
    """Raise `BrokenPromise` unless the database's error comes out of each call, as it is or as a cause."""
    store = harness.open_store()
    async with harness.own_factory.kw["bind"].begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
    for method, arguments in calls.items():
        try:
            seen = await getattr(store, method)(*arguments)
        except Exception as error:
            if not _is_from_the_database(error):
                raise
        else:
            raise BrokenPromise(f"{method}() without a table", Words("the database's error"), seen)


def _is_from_the_database(error: BaseException | None) -> bool:
    return error is not None and (
        isinstance(error, DBAPIError) or _is_from_the_database(error.__cause__ or error.__context__)
    )


async def _is_refused(tried: str, refused: Awaitable[Any]) -> None:
    """Raise `BrokenPromise` unless an error reaches the caller, and not one that says something else."""
    wanted = Words("an error that says so")
    try:
        seen = await refused
    except Exception as error:
        if "no task known" in str(error):
            raise BrokenPromise(tried, wanted, error) from error
        return
    raise BrokenPromise(tried, wanted, seen)
