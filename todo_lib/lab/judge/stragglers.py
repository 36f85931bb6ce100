"""Tasks that an answer starts and does not wait for: they end before what they use is closed."""

import asyncio
import contextvars
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from todo_lib.lab.watch import nobodys_tasks

PATIENCE = 1.0  # seconds for what is under way; then it is cancelled

_judged = contextvars.ContextVar("todo_lab_judged", default=False)


@asynccontextmanager
async def wait_for_stragglers() -> AsyncIterator[None]:
    """Wait, at the end of the block, for every task that was started in it and still runs.

    Cancelled while it opens a connection, a task would leave the driver's thread behind.
    """
    loop, started = asyncio.get_running_loop(), []
    inner = loop.get_task_factory()

    def make_task(loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> Any:
        task = inner(loop, coro, **kwargs) if inner else asyncio.Task(coro, loop=loop, **kwargs)
        if _judged.get():  # the kernel starts tasks, too
            started.append(task)
        return task

    token = _judged.set(True)
    loop.set_task_factory(make_task)
    try:
        with nobodys_tasks():
            yield
    finally:
        loop.set_task_factory(inner)
        _judged.reset(token)
        left = {task for task in started if not task.done()}
        if left:
            _, late = await asyncio.wait(left, timeout=PATIENCE)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=PATIENCE)
        for task in started:
            if task.done() and not task.cancelled():
                task.exception()  # looked at: Python would report it much later, in some other place
