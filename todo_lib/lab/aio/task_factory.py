"""Hear of the asyncio tasks that are started, whatever task factory the loop has already."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

TaskFactory = Callable[..., Any]

# Set while a learner's cell runs, and in the tasks that it starts: the kernel starts tasks, too.
in_a_cell: ContextVar[bool] = ContextVar("todo_lab_in_a_cell", default=False)


def make_task(
    inner: TaskFactory | None, loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any
) -> asyncio.Task[Any]:
    """Start a task as the factory `inner` does, or as a loop without a factory does."""
    task: asyncio.Task[Any] = (
        inner(loop, coro, **kwargs) if inner else asyncio.Task(coro, loop=loop, **kwargs)
    )
    return task


def tell(inner: TaskFactory | None, started: Callable[[asyncio.Task[Any]], None]) -> TaskFactory:
    """Return a task factory on top of `inner` that tells of each new task."""

    def factory(loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> asyncio.Task[Any]:
        task = make_task(inner, loop, coro, **kwargs)
        started(task)
        return task

    return factory


@contextmanager
def tasks_without_author() -> Iterator[None]:
    """Let the tasks that are started in the block not count as a cell's.

    Whoever opened it looks after them.
    """
    token = in_a_cell.set(False)
    try:
        yield
    finally:
        in_a_cell.reset(token)
