"""What many calls do together: they agree, do not disturb each other, hold nothing, block nothing."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from todo_lib.course.contract.harness import Harness
from todo_lib.course.contract.registry import names, task_input, uses
from todo_lib.lab.aio.blocking import refuse_blocking
from todo_lib.lab.checks.behaviour import BrokenPromise, Words, fails_as, require_equal
from todo_lib.lab.checks.connections import one_call
from todo_lib.models import TaskFilter


@uses("add", "get", "update", "delete")
async def the_methods_agree(harness: Harness) -> None:
    """What one method saves, the next one sees: nothing is remembered that is no longer true."""
    store = harness.open_store()
    saved = await store.add(task_input())
    require_equal(f"add(), then get({saved.id})", saved, await store.get(saved.id))
    changed = await store.update(saved.id, task_input("changed", done=True))
    require_equal(f"update({saved.id}, …), then get({saved.id})", changed, await store.get(saved.id))
    await store.delete(saved.id)
    require_equal(f"delete({saved.id}), then get({saved.id})", None, await store.get(saved.id))


async def _at_once(*calls: Awaitable[Any]) -> list[Any]:
    """Return all results, or raise the first error; either way no call is still running."""
    results = await asyncio.gather(*map(one_call, calls), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


@uses("update")
async def concurrent_updates_do_not_mix(harness: Harness) -> None:
    """Nine updates of one task at the same moment all succeed; the last one leaves all of its values."""
    id = await harness.insert(**task_input().model_dump())
    store = harness.open_store()
    for _ in range(3):  # the first time, opening connections keeps the calls apart
        updates = [
            store.update(id, task_input(f"number {number}", priority=number)) for number in range(1, 10)
        ]
        saved = await _at_once(*updates)
        found = (await harness.stored())[id]
        written = [
            found.model_copy(update={"name": f"number {number}", "priority": number})
            for number in range(1, 10)
        ]
        tried = "nine update() of one task at the same moment"
        for each in saved:  # its own values, or, if it reads them back, another's
            if each not in written:
                raise BrokenPromise(
                    f"{tried}, what each returns", Words("the task as one of them left it"), each
                )
        if found not in saved:
            raise BrokenPromise(tried, Words("what one of them returned"), found)


@uses("add", "get")
@fails_as("session shared")
async def concurrent_calls_do_not_disturb_each_other(harness: Harness) -> None:
    """Ten calls at once on one store all succeed: each has a session of its own."""
    store = harness.open_store()
    saved = await _at_once(*(store.add(task_input(f"number {number}")) for number in range(10)))
    found = await _at_once(*(store.get(each.id) for each in saved))
    require_equal(
        "ten add() at once, then ten get() at once",
        [f"number {number}" for number in range(10)],
        names(found),
    )
    await one_call(store.add(task_input()))
    await one_call(store.get(saved[0].id))
    _require_own_transactions("add() and get()", harness)


@uses("all", "filter", "update", "delete", "get_statistics")
@fails_as("session shared")
async def the_other_calls_do_not_disturb_each_other(harness: Harness) -> None:
    """The other methods have a session of their own in each call, too, at once and one after the other."""
    store = harness.open_store()
    ids = [await harness.insert(**task_input().model_dump()) for _ in range(4)]
    for _ in range(2):
        calls = (
            store.all(),
            store.filter(TaskFilter()),
            store.get_statistics(),
            store.update(ids[0], task_input("changed")),
            store.update(ids[1], task_input("changed")),
            store.delete(ids.pop()),
        )
        await _at_once(*calls, store.all(), store.filter(TaskFilter()), store.get_statistics())
    for call in (store.all(), store.filter(TaskFilter()), store.get_statistics(), store.delete(4711)):
        await one_call(call)
    _require_own_transactions("each method", harness)


def _require_own_transactions(tried: str, harness: Harness) -> None:
    """Raise `BrokenPromise` if a call used another's transaction, or an engine of its own."""
    if harness.watch.elsewhere:
        raise BrokenPromise(
            tried,
            Words("the factory that the store was given"),
            Words("another engine"),
            cause="outside factory",
        )
    if harness.watch.shared:
        raise BrokenPromise(
            f"{tried}, several times",
            Words("a transaction for each call"),
            Words("one that another call began"),
        )


@uses("add", "get")
@fails_as("connection kept")
async def add_and_get_give_their_connection_back(harness: Harness) -> None:
    """add() and get() give their connection back to the pool when they return, or raise."""
    store = harness.open_store()
    saved = await store.add(task_input())
    require_equal("add(), then connections still held", 0, harness.checked_out())
    await store.get(saved.id)
    require_equal("get(), then connections still held", 0, harness.checked_out())
    impossible = task_input().model_copy(update={"priority": 2**70})  # more than the column can hold
    await asyncio.gather(store.add(impossible), return_exceptions=True)
    require_equal("add() of what the database refuses, then connections still held", 0, harness.checked_out())


@uses("all", "filter", "update", "delete", "get_statistics")
@fails_as("connection kept")
async def the_other_calls_give_their_connection_back(harness: Harness) -> None:
    """The other methods give their connection back too, even update() when it raises."""
    store = harness.open_store()
    id = await harness.insert(**task_input().model_dump())
    await asyncio.gather(store.update(4711, task_input()), return_exceptions=True)
    require_equal("update(4711, …), which raises, then connections still held", 0, harness.checked_out())
    for tried, call in (
        ("update()", lambda: store.update(id, task_input())),
        ("all()", store.all),
        ("filter()", lambda: store.filter(TaskFilter())),
        ("get_statistics()", store.get_statistics),
        ("delete()", lambda: store.delete(id)),
    ):
        await call()
        require_equal(f"{tried}, then connections still held", 0, harness.checked_out())


@uses("add", "get")
async def add_and_get_do_not_block_the_event_loop(harness: Harness) -> None:
    """While add() and get() wait for the database, other tasks run: nothing blocks the event loop."""
    store = harness.open_store()
    with refuse_blocking():
        saved = await store.add(task_input())
        await store.get(saved.id)


@uses("all", "filter", "update", "delete", "get_statistics")
async def the_other_calls_do_not_block_the_event_loop(harness: Harness) -> None:
    """The other methods do not block the event loop either."""
    store = harness.open_store()
    id = await harness.insert(**task_input().model_dump())
    with refuse_blocking():
        await store.update(id, task_input())
        await store.all()
        await store.filter(TaskFilter(q="plants"))
        await store.get_statistics()
        await store.delete(id)
