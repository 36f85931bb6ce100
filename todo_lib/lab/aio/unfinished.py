"""What an answer has started and is not quite at its end: tasks, and the threads of `asyncio.to_thread`."""

import asyncio
import contextvars
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from todo_lib.lab.aio.task_factory import tasks_without_author, tell

GRACE_PERIOD = 1.0  # seconds for what is under way; then it is cancelled
POOL = "asyncio"  # how the loop calls its own

_judged = contextvars.ContextVar("todo_lab_judged", default=False)


def is_tried() -> bool:
    """Return whether whoever asks is part of an answer that is being tried, or was started by it."""
    return _judged.get()


@asynccontextmanager
async def wait_for_tasks() -> AsyncIterator[None]:
    """Wait, at the end of the block, for every task that was started in it and still runs.

    Cancelled while it opens a connection, a task would leave the driver's thread behind.
    """
    loop = asyncio.get_running_loop()
    started: list[asyncio.Task[Any]] = []
    inner = loop.get_task_factory()

    def note(task: asyncio.Task[Any]) -> None:
        if _judged.get():  # the kernel starts tasks, too
            started.append(task)

    token = _judged.set(True)
    loop.set_task_factory(tell(inner, note))
    try:
        with tasks_without_author():
            yield
    finally:
        loop.set_task_factory(inner)
        _judged.reset(token)
        left = {task for task in started if not task.done()}
        if left:
            _, late = await asyncio.wait(left, timeout=GRACE_PERIOD)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=GRACE_PERIOD)
        for task in started:
            if task.done() and not task.cancelled():
                task.exception()  # looked at: Python would report it much later, in some other place


@asynccontextmanager
async def wait_for_threads() -> AsyncIterator[None]:
    """Give the loop a pool of threads for the block; end it, and wait until they have let go of everything.

    A thread holds what it returned for a moment longer, for instance a coroutine that nobody will await.
    """
    loop, before = asyncio.get_running_loop(), set(threading.enumerate())
    pool = _pool()
    loop.set_default_executor(pool)
    try:
        yield
    finally:
        loop.set_default_executor(_pool())  # has no thread until it is used, as the loop's own
        pool.shutdown(wait=False)
        ours = [each for each in threading.enumerate() if each not in before and each.name.startswith(POOL)]
        give_up = time.monotonic() + GRACE_PERIOD
        while any(thread.is_alive() for thread in ours) and time.monotonic() < give_up:  # noqa: ASYNC110
            await asyncio.sleep(0.001)  # a thread that ends sets no event


def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(thread_name_prefix=POOL)
