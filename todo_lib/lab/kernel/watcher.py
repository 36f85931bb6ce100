"""The watcher: after each cell it says what was left un-awaited and which background task failed.

A notebook hides both. A forgotten `await` makes no error, and Python's warning about it appears in some
later cell or never; a failed task is silent until it is thrown away. The watcher looks after every cell,
names the learner's own line, and knows at the end what is still open.
"""

import asyncio
import gc
import inspect
import linecache
import sys
import threading
import warnings
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell
from IPython.display import display
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import Pool

from todo_lib.lab.aio.task_factory import TaskFactory, in_a_cell, tell
from todo_lib.lab.aio.unawaited import Frame, RunsWhenAwaited, Unawaited, always_warn, frames_of, hook
from todo_lib.lab.errors.expected import close_coroutines
from todo_lib.lab.errors.lookup import explain, find
from todo_lib.lab.kernel.failed_cells import FailedCells
from todo_lib.lab.messages import Note

# Threads that keep themselves ready for the next piece of work; they end with the process.
WORKERS = ("asyncio_", "ThreadPoolExecutor", "AnyIO worker")


@dataclass(frozen=True)
class Place:
    """A line of a notebook cell."""

    file: str
    line: int
    code: str


@dataclass
class Watcher:
    """Everything seen so far in this kernel. There is one: see `start_watching`."""

    shell: InteractiveShell
    reports: list[dict[str, str]] = field(default_factory=list)
    """Each: `kind` ("not awaited" or "task failed"), `what`, and `cell`.

    `cell` is the source of the cell that it followed.
    """

    def __post_init__(self) -> None:
        """Start from what is there already: the kernel's own threads are nobody's fault."""
        self._cells: set[str] = set()  # the file names under which Python knows the cells
        self._this_cell = self._source = ""
        self._unawaited: list[Unawaited] = []
        self._tasks: list[tuple[asyncio.Task[Any], Place | None]] = []
        self._task_factory: TaskFactory | None = None
        self._connections: dict[int, str] = {}
        self._threads = weakref.WeakSet(threading.enumerate())
        self._next_beat: asyncio.TimerHandle | None = None
        self.failed_cells = FailedCells()

    def start(self) -> None:
        """Begin to watch. Called once, by the extension."""
        always_warn()
        warnings.showwarning = hook(self._unawaited.append, warnings.showwarning)
        self.shell.events.register("pre_run_cell", self._before_cell)
        self.shell.events.register("post_run_cell", self._after_cell)
        event.listen(Engine, "engine_connect", self._connection_used)
        event.listen(Pool, "close", self._connection_closed)
        event.listen(Pool, "close_detached", self._connection_closed)
        gc.collect()
        gc.freeze()  # what is loaded now stays: looking through it after every cell would only cost time

    # -- after each cell -------------------------------------------------------------------------------

    def _before_cell(self, info: ExecutionInfo) -> None:
        self._source = info.raw_cell or ""
        self._this_cell = self.shell.compile.get_code_name(
            self._source, self._source, self.shell.execution_count
        )
        self._cells.add(self._this_cell)
        self.failed_cells.begin(self._source, self.shell.user_ns)
        in_a_cell.set(True)
        loop = asyncio.get_running_loop()
        if self._task_factory is None or loop.get_task_factory() is not self._task_factory:
            self._task_factory = tell(loop.get_task_factory(), self._task_started)
            loop.set_task_factory(self._task_factory)
        self._beat(loop)

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        # A loop that sleeps notices Jupyter's interrupt only when it wakes
        # up (ipykernel #881): so it is woken.
        self._next_beat = loop.call_later(0.1, self._beat, loop)

    def _after_cell(self, result: ExecutionResult) -> None:
        in_a_cell.set(False)
        if self._next_beat:
            self._next_beat.cancel()
        error = result.error_before_exec or result.error_in_exec
        self.failed_cells.end(error, self._line_of(error), self.shell.user_ns)
        if isinstance(error, Exception):
            self._explain(error)
        self._tell_of_result(result.result)
        gc.collect()
        for found in self._unawaited:
            place = self.place(found.frames)
            self._tell("not awaited", found.name, place, *_not_awaited(found.name))
        self._unawaited.clear()
        for task, place in self._tasks:
            # Private, but the only way to ask whether anybody has looked at the exception.
            if task.done() and not task.cancelled() and getattr(task, "_log_traceback", False):
                error = task.exception()
                what = f"{type(error).__name__}: {error}"
                self._tell("task failed", what, place, *_task_failed(what))
        self._tasks = [(task, place) for task, place in self._tasks if not task.done()]

    def _tell_of_result(self, value: Any) -> None:
        """Look at the cell's last value: shown, it is kept, so Python would warn of it much later."""
        if inspect.iscoroutine(value) and inspect.getcoroutinestate(value) == inspect.CORO_CREATED:
            made_at = ((file, line) for file, line, _ in value.cr_origin or ())
            self._tell(
                "not awaited", value.__qualname__, self.place(made_at), *_not_awaited(value.__qualname__)
            )
            value.close()
        elif isinstance(value, RunsWhenAwaited) and not value.started:
            self._note("not awaited", value.name)  # it has shown itself
            value.started = True

    def _explain(self, error: Exception) -> None:
        """Show below the traceback what is known of the error; if nothing is, at least the learner's line."""
        place = self.place(frames_of(error))
        close_coroutines(error)
        for coroutine in _held_by(error):
            coroutine.close()  # the error tells of it; a second note, some cells later, would only confuse
        if find(error):
            display(explain(error))
        elif place:
            display(Note("·", self.where(place)))

    def _line_of(self, error: BaseException | None) -> int | None:
        """Return the line of a cell where the error is: a SyntaxError was raised elsewhere, and names it."""
        if isinstance(error, SyntaxError):
            return error.lineno
        place = self.place(frames_of(error)) if error else None
        return place.line if place else None

    def _note(self, kind: str, what: str) -> None:
        self.reports.append({"kind": kind, "what": what, "cell": self._source})

    def _tell(self, kind: str, what: str, place: Place | None, *lines: str) -> None:
        self._note(kind, what)
        display(Note("!", kind, (self.where(place), *lines)))

    def where(self, place: Place | None) -> str:
        """Return in words where a place is, seen from the cell that runs now."""
        if place is None:
            return "in code outside the notebook"
        cell = "this cell" if place.file == self._this_cell else "an earlier cell"
        return f"{cell}, line {place.line}: `{place.code}`"

    # -- what is seen on the way -----------------------------------------------------------------------

    def place_of_caller(self) -> Place | None:
        """Return the innermost line of a cell that is running now."""
        frame: FrameType | None = sys._getframe(1)
        frames: list[Frame] = []
        while frame:
            frames.append((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        return self.place(frames)

    def place(self, frames: Iterable[Frame]) -> Place | None:
        """Return the first of these frames, innermost first, that belongs to a cell."""
        for file, line in frames:
            if file in self._cells:
                return Place(file, line, linecache.getline(file, line).strip())
        return None

    def _task_started(self, task: asyncio.Task[Any]) -> None:
        if in_a_cell.get():
            self._tasks.append((task, self.place_of_caller()))

    def _connection_used(self, connection: Connection) -> None:
        url = connection.engine.url
        name = f"{url.drivername}:///…/{str(url.database).rpartition('/')[2]}"
        self._connections[id(connection.connection.dbapi_connection)] = name

    def _connection_closed(self, dbapi_connection: Any, *_: Any) -> None:
        self._connections.pop(id(dbapi_connection), None)

    # -- at the end ------------------------------------------------------------------------------------

    def still_open(self) -> list[str]:
        """Return a sentence for each task, connection and thread that was started here and still lives."""
        tasks = [
            f"task still running, started by `{place.code}`"
            for task, place in self._tasks
            if place and not task.done()
        ]
        engines = [
            f"engine not disposed: {name} holds {list(self._connections.values()).count(name)} connection(s)"
            for name in dict.fromkeys(self._connections.values())
        ]
        threads = [
            f"thread still running: {thread.name}"
            for thread in threading.enumerate()
            if thread not in self._threads and not thread.daemon and not thread.name.startswith(WORKERS)
        ]
        return tasks + engines + (threads if not engines else [])


def _not_awaited(name: str) -> tuple[str, str]:
    return (
        f"`{name}` made a coroutine, and nothing ran it: whatever it should do has not happened.",
        "Put `await` in front of the call.",
    )


def _task_failed(what: str) -> tuple[str, str]:
    return (
        f"A task failed in the background and nobody awaited it: {what}",
        "Keep the task in a variable and `await` it, or start it in an `asyncio.TaskGroup`.",
    )


def _held_by(error: BaseException) -> list[Any]:
    """Return the coroutines that never ran and that only the error and its calls keep alive."""
    held, call = [getattr(error, "obj", None)], error.__traceback__
    while call is not None:
        if call.tb_frame.f_locals is not call.tb_frame.f_globals:  # a cell's own names live on
            held += call.tb_frame.f_locals.values()
        call = call.tb_next
    return [
        each
        for each in held
        if inspect.iscoroutine(each) and inspect.getcoroutinestate(each) == inspect.CORO_CREATED
    ]


def current() -> Watcher | None:
    """Return this kernel's watcher, or None if the extension was not loaded."""
    return _watcher


def open_things() -> Note:
    """Return what was started in this notebook and is still there: tasks, connections, threads."""
    still_open = _watcher.still_open() if _watcher else []
    if still_open:
        return Note("!", "still open", tuple(still_open))
    return Note("✓", "nothing is left open", ("No asyncio task, no connection, no thread.",))


_watcher: Watcher | None = None


def start_watching(shell: InteractiveShell) -> Watcher:
    """Return this kernel's watcher; the first call starts it."""
    global _watcher  # noqa: PLW0603 (one kernel, one watcher, however often the extension is loaded)
    if _watcher is None:
        _watcher = Watcher(shell)
        _watcher.start()
    return _watcher
