"""Try one behaviour on one answer, whatever the answer does: fail, hang, block, exit, swallow errors."""

import _thread
import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager, nullcontext
from typing import Any

from todo_lib.lab.aio.blocking import BlockingError, refuse_blocking
from todo_lib.lab.aio.unawaited import catch_unawaited
from todo_lib.lab.aio.unfinished import wait_for_tasks, wait_for_threads
from todo_lib.lab.checks.behaviour import Behaviour
from todo_lib.lab.checks.engines import own_engines
from todo_lib.lab.checks.failure import Failure, Result
from todo_lib.lab.checks.patience import all_done

Trial = tuple[Behaviour, Callable[[], AbstractAsyncContextManager[Any]]]
"""A behaviour, and what opens the thing it is tried on."""

GRACE_PERIOD = 1.0  # seconds for what is told to stop


class Stopped(BaseException):
    """The time is over. `except Exception` in an answer does not catch it."""


async def attempt(trial: Trial, seconds: float, watch_blocking: bool, names: dict[str, Any]) -> Result:
    """Try a behaviour on something fresh, for so long; return what became of it. Nothing is raised.

    `names` are those that the answer sees: a blocking function among them is known as one, too.
    """
    behaviour, open_subject = trial
    failure = None
    with _stopping_what_blocks(seconds + 2 * GRACE_PERIOD), catch_unawaited() as unawaited:
        try:
            async with own_engines(), wait_for_threads(), open_subject() as subject, wait_for_tasks():
                watch: AbstractContextManager[list[BlockingError]] = (
                    refuse_blocking(names) if watch_blocking else nullcontext([])
                )
                with watch as blocking:
                    error = await _outcome(behaviour(subject), seconds)
                # First what blocked: the answer may have caught the error that said so.
                error = blocking[0] if blocking else error
                failure = Failure.of(error) if error else None
                blocking, error = [], None  # their frames would keep alive what the answer has made
        except (Exception, Stopped) as error:  # noqa: BLE001 (what is found only when all is closed)
            failure = failure or Failure.of(error)
        await asyncio.sleep(0)  # until then the loop keeps what woke this task, and its result with it
    return Result(behaviour, failure, tuple(unawaited))


async def _outcome(work: Coroutine[Any, Any, None], seconds: float) -> BaseException | None:
    """Return what the work raised, also what would end more than this work; `Stopped` if it took too long.

    It runs in a task of its own: a `CancelledError` or a timer of the answer's ends that, not the check.
    """

    async def run() -> BaseException | None:
        try:
            await work
        except (Exception, asyncio.CancelledError, SystemExit, Stopped) as error:  # noqa: BLE001
            return error
        return None

    task = asyncio.create_task(run())
    try:
        if await all_done({task}, seconds):
            return task.result()
        task.cancel()
        await asyncio.wait({task}, timeout=GRACE_PERIOD)
        return Stopped(seconds)
    finally:
        task.cancel()


@contextmanager
def _stopping_what_blocks(seconds: float) -> Iterator[None]:
    """Raise `Stopped`, after so many seconds, in whatever keeps the event loop from running as long again.

    Only in the main thread, where a signal can reach it. Jupyter's Interrupt only asks the loop.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    over, late, loop = threading.Event(), threading.Event(), asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGINT)

    def raise_stopped(number: int, frame: Any) -> None:
        if late.is_set():
            late.clear()
            raise Stopped(seconds)
        if callable(before):
            before(number, frame)

    def look() -> None:
        pause = seconds
        while not over.wait(pause):
            alive = threading.Event()
            loop.call_soon_threadsafe(alive.set)
            pause = GRACE_PERIOD
            if not alive.wait(seconds) and not over.is_set():
                late.set()
                _thread.interrupt_main()

    thread = threading.Thread(target=look, name="todo-lab-limit", daemon=True)
    signal.signal(signal.SIGINT, raise_stopped)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        signal.signal(signal.SIGINT, before)
