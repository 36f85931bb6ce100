"""A check leaves no task behind that an answer started, and touches no other."""

import asyncio
import time
from concurrent.futures import thread

import pytest

from todo_lib.lab.aio import unfinished
from todo_lib.lab.aio.unawaited import catch_unawaited
from todo_lib.lab.aio.unfinished import wait_for_tasks, wait_for_threads
from todo_lib.lab.checks import FunctionJudge
from todo_lib.lab.verdict import Outcome


@pytest.mark.asyncio
async def test_a_task_that_is_under_way_ends_first() -> None:
    """What it does is done when the block is left."""
    done = []

    async def work() -> None:
        await asyncio.sleep(0.01)
        done.append("work")

    async with wait_for_tasks():
        task = asyncio.create_task(work())
    assert done == ["work"]
    assert task.done()


@pytest.mark.asyncio
async def test_a_task_that_never_ends_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a short while."""
    monkeypatch.setattr(unfinished, "GRACE_PERIOD", 0.05)
    async with wait_for_tasks():
        task = asyncio.create_task(asyncio.Event().wait())
    assert task.cancelled()


@pytest.mark.asyncio
async def test_a_task_from_outside_goes_on() -> None:
    """The kernel's tasks are nobody's answer."""
    may_end = asyncio.Event()
    outside = asyncio.create_task(may_end.wait())
    async with wait_for_tasks():
        await asyncio.sleep(0)
    assert not outside.done()
    may_end.set()
    await outside
    assert asyncio.get_running_loop().get_task_factory() is None


@pytest.mark.asyncio
async def test_a_failed_task_does_not_complain_later(caplog: pytest.LogCaptureFixture) -> None:
    """Python would tell of it in whatever cell runs when it is collected. The verdict stands."""

    async def fail() -> None:
        raise ValueError("in the background")

    async def starts_and_forgets() -> str:
        asyncio.create_task(fail())  # noqa: RUF006 (that is the mistake)
        return "done"

    async def behaviour(function) -> None:
        """It is called."""
        assert await function() == "done"

    verdict = await FunctionJudge((behaviour,))("forgets", starts_and_forgets)
    assert verdict.outcome is Outcome.RIGHT
    assert not caplog.records


@pytest.mark.asyncio
async def test_a_slow_thread_keeps_no_coroutine_until_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may stop a thread between handing over its result and forgetting it."""
    run = thread._WorkItem.run

    def run_and_dawdle(job: thread._WorkItem) -> None:
        run(job)
        time.sleep(0.05)

    monkeypatch.setattr(thread._WorkItem, "run", run_and_dawdle)
    with catch_unawaited() as found:
        async with wait_for_threads():
            await asyncio.gather(*(asyncio.to_thread(asyncio.sleep, 0) for _ in range(3)))
        await asyncio.sleep(0)
    assert [each.name for each in found] == ["sleep"] * 3
