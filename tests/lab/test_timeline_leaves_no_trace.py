"""A timeline leaves the event loop, its tasks and what is said of them as they are without it."""

import asyncio
import gc
import inspect
import warnings
from typing import Any

import pytest

from tests.lab.test_timeline import fail, no_factory_is_left, wait  # noqa: F401 (the fixture is for every test here)
from todo_lib.lab.aio.timeline import timeline


class Counting:
    """A task factory that somebody else has installed."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> asyncio.Task[Any]:
        """Note the coroutine, make the task."""
        self.seen.append(coro.__qualname__)
        return asyncio.Task(coro, loop=loop, **kwargs)


@pytest.mark.asyncio
async def test_a_factory_that_was_there_is_asked_and_put_back() -> None:
    """As the watcher's is. Also when the block fails."""
    loop = asyncio.get_running_loop()
    counting = Counting()
    loop.set_task_factory(counting)
    try:
        with pytest.raises(ValueError, match="no"):
            async with timeline() as line:
                await line.task("a", fail())
        assert counting.seen == ["fail"]
        assert loop.get_task_factory() is counting
    finally:
        loop.set_task_factory(None)


@pytest.mark.asyncio
async def test_timelines_that_overlap() -> None:
    """Each sees its own tasks, and whichever ends last leaves the loop as it was."""
    first, second = timeline(), timeline()
    await first.__aenter__()
    await second.__aenter__()
    await second.task("in the second", wait())
    await first.__aexit__(None, None, None)
    assert asyncio.get_running_loop().get_task_factory() is not None
    await second.__aexit__(None, None, None)
    assert list(first.names.values()) == []
    assert list(second.names.values()) == ["in the second"]
    async with timeline() as outer:
        async with timeline() as inner:
            await inner.task("inside", wait())
        await outer.task("outside", wait())
    assert (list(outer.names.values()), list(inner.names.values())) == (["outside"], ["inside"])


@pytest.mark.asyncio
async def test_a_task_can_still_be_asked_about_its_coroutine() -> None:
    """Debuggers, AnyIO and asyncio's debug mode look into it."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    async with timeline() as line:
        task = line.task("a", wait(0.01))
        await asyncio.sleep(0)
        assert "wait()" in repr(task)
        assert [frame.f_code.co_name for frame in task.get_stack()] == ["wait"]
        coroutine = task.get_coro()
        assert asyncio.iscoroutine(coroutine)
        assert inspect.getcoroutinestate(coroutine) == inspect.CORO_SUSPENDED
        await task
    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED
    loop.set_debug(False)


@pytest.mark.asyncio
async def test_a_forgotten_await_is_still_warned_about() -> None:
    """And a task that never got a turn is not mistaken for one."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        async with timeline() as line:
            wait()
            line.task("never", wait()).cancel()
        await asyncio.sleep(0)
        gc.collect()
    assert [str(each.message) for each in seen] == ["coroutine 'wait' was never awaited"]


@pytest.mark.asyncio
async def test_what_a_task_failed_with_is_not_kept() -> None:
    """A failed task that nobody looks at complains when it is thrown away, also if its timeline is kept."""
    complaints: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: complaints.append(context["message"]))
    async with timeline() as line:
        line.task("lost", fail())
        await asyncio.sleep(0.01)
    gc.collect()
    loop.set_exception_handler(None)
    assert complaints == ["Task exception was never retrieved"]
    assert line.text.splitlines()[-1] == "3. lost fails: ValueError"


@pytest.mark.asyncio
async def test_eager_tasks() -> None:
    """Python 3.12 can run a task's first turn while it is created."""
    loop = asyncio.get_running_loop()
    if not hasattr(asyncio, "eager_task_factory"):
        pytest.skip("this Python has no eager tasks")
    loop.set_task_factory(asyncio.eager_task_factory)
    try:
        async with timeline() as line:
            await asyncio.gather(line.task("a", wait()), line.task("b", wait()))
        assert line.events[:4] == [("a", "starts"), ("a", "waits"), ("b", "starts"), ("b", "waits")]
    finally:
        loop.set_task_factory(None)
