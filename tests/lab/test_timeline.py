"""A timeline tells what the event loop really did, in order."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio

from todo_lib.async_app.database import create_async_session_factory, create_tables, dispose
from todo_lib.async_app.datastore import DataStoreDb
from todo_lib.lab.aio.timeline import NO_TASKS, timeline
from todo_lib.models import TaskInput


async def wait(seconds: float = 0.0) -> float:
    """Let other tasks run."""
    await asyncio.sleep(seconds)
    return seconds


async def block(before: float = 0.0) -> None:
    """Keep the loop for longer than any task should."""
    await asyncio.sleep(before)
    time.sleep(0.15)  # noqa: ASYNC251 (blocking is what is shown)


async def fail() -> None:
    """Fail after a moment."""
    await asyncio.sleep(0)
    raise ValueError("no")


@pytest_asyncio.fixture(autouse=True)
async def no_factory_is_left() -> AsyncIterator[None]:
    """Fail the test after which the event loop still makes its tasks through a timeline."""
    yield
    assert asyncio.get_running_loop().get_task_factory() is None


@pytest.mark.asyncio
async def test_three_tasks_in_order() -> None:
    """They start one after the other, wait together, and end in the order of their waits."""
    async with timeline() as line:
        results = await asyncio.gather(
            line.task("coffee", wait(0.3)), line.task("toast", wait(0.2)), line.task("eggs", wait(0.1))
        )
    assert results == [0.3, 0.2, 0.1], "what a task returns passes through"
    assert line.text == (
        "1. coffee starts\n2. coffee waits\n3. toast starts\n4. toast waits\n5. eggs starts\n6. eggs waits\n"
        "7. eggs ends\n8. toast ends\n9. coffee ends"
    )
    assert line.events == [
        *((name, event) for name in ("coffee", "toast", "eggs") for event in ("starts", "waits")),
        *((name, event) for name in ("eggs", "toast", "coffee") for event in ("resumes", "ends")),
    ]
    assert repr(line) == line.text


@pytest.mark.asyncio
async def test_the_order_is_what_is_told() -> None:
    """Other waits, another text: otherwise the test above would prove nothing."""
    async with timeline() as line:
        await asyncio.gather(line.task("coffee", wait(0.1)), line.task("toast", wait(0.2)))
    assert line.text.splitlines()[4:] == ["5. coffee ends", "6. toast ends"]


@pytest.mark.asyncio
async def test_details_are_told_when_asked_for() -> None:
    """Each turn; without `detail`, only the first wait and the end."""

    async def two_turns() -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async with timeline() as line:
        await asyncio.gather(line.task("a", two_turns()), line.task("b", two_turns()))
    turns = ["starts", "waits"], ["resumes", "waits"], ["resumes", "ends"]
    told = [f"{name} {event}" for turn in turns for name in "ab" for event in turn]
    assert line.describe(detail=True) == "\n".join(f"{n}. {each}" for n, each in enumerate(told, 1))
    assert (
        line.describe()
        == line.text
        == "1. a starts\n2. a waits\n3. b starts\n4. b waits\n5. a ends\n6. b ends"
    )


@pytest.mark.asyncio
async def test_a_task_that_blocks_is_caught() -> None:
    """It is named, and the others end after it although their time had come before."""
    async with timeline() as line:
        await asyncio.gather(
            line.task("short", wait(0.05)), line.task("blocks", block()), line.task("long", wait(0.4))
        )
    assert [event for event in line.events if event[1] in {"blocks", "ends"}] == [
        ("blocks", "blocks"),
        ("blocks", "ends"),
        ("short", "ends"),
        ("long", "ends"),
    ]
    assert "\n7. blocks blocks: no other task can run\n8. blocks ends\n9. short ends\n" in line.text
    async with timeline(blocked=10) as line:
        await line.task("patient", block())
    assert ("patient", "blocks") not in line.events, "the limit is the lesson's to choose"


@pytest.mark.asyncio
async def test_every_kind_of_ending() -> None:
    """Done, failed, cancelled while waiting, cancelled before the first turn, and not ended at all."""
    async with timeline() as line:
        done, failed = line.task("done", wait()), line.task("failed", fail())
        cancelled, late = line.task("cancelled", wait(60)), line.task("late", wait(60))
        with pytest.raises(ValueError, match="no"):
            await asyncio.gather(done, failed)
        cancelled.cancel()
        never = line.task("never", wait(60))
        never.cancel()
        await asyncio.wait([cancelled, never])
    assert [event for event in line.events if event[1] not in {"starts", "waits", "resumes"}] == [
        ("done", "ends"),
        ("failed", "fails"),
        ("cancelled", "is cancelled"),
        ("never", "is cancelled"),
        ("late", "has not ended"),
    ]
    assert ("never", "starts") not in line.events
    assert "failed fails: ValueError\n" in line.text
    seen = list(line.events)
    late.cancel()
    await asyncio.wait([late])
    assert late.cancelled()
    assert line.events == seen, "what happens after the block is no part of it"


@pytest.mark.asyncio
async def test_a_task_group_that_fails() -> None:
    """The error of one task cancels the others; the errors reach the program unchanged."""
    line = timeline()

    async def group_fails() -> None:
        async with line, asyncio.TaskGroup() as group:
            group.create_task(wait(60), name="other")
            group.create_task(fail(), name="first")

    with pytest.raises(ExceptionGroup) as raised:
        await group_fails()
    assert [repr(error) for error in raised.value.exceptions] == ["ValueError('no')"]
    assert line.events[-2:] == [("other", "resumes"), ("other", "is cancelled")]


@pytest.mark.asyncio
async def test_a_task_that_survives_its_cancellation() -> None:
    """What is thrown into a task reaches its code, and the task goes on."""

    async def stubborn() -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
        return "done"

    async with timeline() as line:
        task = line.task("stubborn", stubborn())
        await asyncio.sleep(0)
        task.cancel()
        assert await task == "done"
    assert [event for _, event in line.events] == ["starts", "waits", "resumes", "waits", "resumes", "ends"]


@pytest.mark.asyncio
async def test_names() -> None:
    """A task's own name, or its function's; a name that comes again gets a number, by order of creation."""

    class Store:
        async def get(self) -> None:
            """Do nothing."""

    async with timeline() as line:
        await asyncio.gather(Store().get(), wait(), Store().get(), asyncio.create_task(wait(), name="wait"))
        await asyncio.create_task(wait(), name="named")
    assert list(line.names.values()) == ["wait", "get", "wait 2", "get 2", "named"]


@pytest.mark.asyncio
async def test_only_tasks_of_the_block(database: Path) -> None:
    """Not those of before, after, or somebody else meanwhile, nor those that libraries start."""
    factory = create_async_session_factory(f"sqlite+aiosqlite:///{database}")
    await create_tables(factory)
    store, others = DataStoreDb(factory), []

    async def somebody_else() -> None:
        await asyncio.sleep(0)
        others.append(asyncio.create_task(wait(), name="somebody else's"))

    before = asyncio.create_task(somebody_else())
    try:
        await store.add(TaskInput(name="buy bread", priority=1, due_date=date(2028, 2, 29), done=False))
        async with timeline() as line:
            await asyncio.gather(store.get(1), before)
        await asyncio.create_task(wait(), name="after")
        assert line.text == "1. get starts\n2. get waits\n3. get ends"
        assert len(line.events) > 10, "a query is many turns"
        async with timeline(library_tasks=True) as line:
            await asyncio.create_task(store.get(1))
        assert list(line.names.values()) == ["get", "close"]
    finally:
        await dispose(factory)
        await asyncio.gather(*others)


@pytest.mark.asyncio
async def test_a_block_without_tasks_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """What is awaited directly is no task."""
    async with timeline() as line:
        await wait()
    assert line.text == NO_TASKS
    line.draw()
    assert capsys.readouterr().out == NO_TASKS + "\n"
