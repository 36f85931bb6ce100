"""What many calls do together: they agree, do not disturb each other, hold nothing, block nothing."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from todo_lib.lab.bench import Bench
from todo_lib.lab.blocking import refuse_blocking
from todo_lib.lab.contract.behaviour import Broken, Words, expect, names, task, uses
from todo_lib.models import TaskFilter


@uses("add", "get", "update", "delete")
async def the_methods_agree(bench: Bench) -> None:
    """What one method saves, the next one sees: nothing is remembered that is no longer true."""
    store = bench.open_store()
    saved = await store.add(task())
    expect(f"add(), then get({saved.id})", saved, await store.get(saved.id))
    changed = await store.update(saved.id, task("changed", done=True))
    expect(f"update({saved.id}, …), then get({saved.id})", changed, await store.get(saved.id))
    await store.delete(saved.id)
    expect(f"delete({saved.id}), then get({saved.id})", None, await store.get(saved.id))


async def _at_once(*calls: Awaitable[Any]) -> list[Any]:
    """Return all results, or raise the first error; either way no call is still running."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


@uses("update")
async def concurrent_updates_do_not_mix(bench: Bench) -> None:
    """Nine updates of one task at the same moment all succeed; the last one leaves all of its values."""
    id = await bench.insert(**task().model_dump())
    store = bench.open_store()
    for _ in range(3):  # the first time, opening connections keeps the calls apart
        updates = [store.update(id, task(f"number {number}", priority=number)) for number in range(1, 10)]
        saved = await _at_once(*updates)
        found = (await bench.stored())[id]
        if found not in saved:
            raise Broken(
                "nine update() of one task at the same moment", Words("what one of them returned"), found
            )


@uses("add", "get")
async def concurrent_calls_do_not_disturb_each_other(bench: Bench) -> None:
    """Ten calls at once on one store all succeed: each has a session of its own."""
    store = bench.open_store()
    saved = await _at_once(*(store.add(task(f"number {number}")) for number in range(10)))
    found = await _at_once(*(store.get(each.id) for each in saved))
    expect(
        "ten add() at once, then ten get() at once",
        [f"number {number}" for number in range(10)],
        names(found),
    )


@uses("add", "get")
async def add_and_get_give_their_connection_back(bench: Bench) -> None:
    """add() and get() give their connection back to the pool when they return, or raise."""
    store = bench.open_store()
    saved = await store.add(task())
    expect("add(), then connections still held", 0, bench.checked_out())
    await store.get(saved.id)
    expect("get(), then connections still held", 0, bench.checked_out())
    impossible = task().model_copy(update={"priority": 2**70})  # more than the column can hold
    await asyncio.gather(store.add(impossible), return_exceptions=True)
    expect("add() of what the database refuses, then connections still held", 0, bench.checked_out())


@uses("all", "filter", "update", "delete", "get_statistics")
async def the_other_calls_give_their_connection_back(bench: Bench) -> None:
    """The other methods give their connection back too, even update() when it raises."""
    store = bench.open_store()
    id = await bench.insert(**task().model_dump())
    await asyncio.gather(store.update(4711, task()), return_exceptions=True)
    expect("update(4711, …), which raises, then connections still held", 0, bench.checked_out())
    for tried, call in (
        ("update()", lambda: store.update(id, task())),
        ("all()", store.all),
        ("filter()", lambda: store.filter(TaskFilter())),
        ("get_statistics()", store.get_statistics),
        ("delete()", lambda: store.delete(id)),
    ):
        await call()
        expect(f"{tried}, then connections still held", 0, bench.checked_out())


@uses("add", "get")
async def add_and_get_do_not_block_the_event_loop(bench: Bench) -> None:
    """While add() and get() wait for the database, other tasks run: nothing blocks the event loop."""
    store = bench.open_store()
    with refuse_blocking():
        saved = await store.add(task())
        await store.get(saved.id)


@uses("all", "filter", "update", "delete", "get_statistics")
async def the_other_calls_do_not_block_the_event_loop(bench: Bench) -> None:
    """The other methods do not block the event loop either."""
    store = bench.open_store()
    id = await bench.insert(**task().model_dump())
    with refuse_blocking():
        await store.update(id, task())
        await store.all()
        await store.filter(TaskFilter(q="plants"))
        await store.get_statistics()
        await store.delete(id)
