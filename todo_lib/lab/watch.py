"""The watcher: after each cell it says what was left un-awaited and which background task failed.

A notebook hides both. A forgotten `await` makes no error, and Python's warning about it appears in some
later cell or never; a failed task is silent until it is thrown away. The watcher looks after every cell,
names the learner's own line, and knows at the end what is still open.
"""

import asyncio
import contextvars
import gc
import linecache
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell
from IPython.display import display
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import Pool

from todo_lib.lab.show import Note
from todo_lib.lab.unawaited import Frame, Unawaited, always_warn, hook

# Threads that keep themselves ready for the next piece of work; they end with the process.
WORKERS = ("asyncio_", "ThreadPoolExecutor", "AnyIO worker")

_in_a_cell = contextvars.ContextVar("todo_lab_in_a_cell", default=False)


@dataclass(frozen=True)
class Place:
    """A line of a notebook cell."""

    cell: str
    line: int
    code: str

    def __str__(self) -> str:
        return f"{self.cell}, line {self.line}: {self.code}"


@dataclass
class Watcher:
    """Everything seen so far in this kernel. There is one: see `start_watching`."""

    shell: InteractiveShell
    reports: list[dict[str, str]] = field(default_factory=list)
    """Each: `kind` ("not awaited" or "task failed"), `what`, and `cell`, the source of the cell it followed."""

    def __post_init__(self) -> None:
        """Start from what is there already: the kernel's own threads are nobody's fault."""
        self._cells: dict[str, str] = {}
        self._source = ""
        self._unawaited: list[Unawaited] = []
        self._tasks: list[tuple[asyncio.Task[Any], Place | None]] = []
        self._connections: dict[int, str] = {}
        self._threads = weakref.WeakSet(threading.enumerate())

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
        name = self.shell.compile.get_code_name(self._source, self._source, self.shell.execution_count)
        self._cells = dict.fromkeys(self._cells, "an earlier cell") | {name: "this cell"}
        _in_a_cell.set(True)
        loop = asyncio.get_running_loop()
        if not isinstance(loop.get_task_factory(), _Remember):
            loop.set_task_factory(_Remember(self, loop.get_task_factory()))

    def _after_cell(self, result: ExecutionResult) -> None:
        _in_a_cell.set(False)
        if asyncio.iscoroutine(result.result) and result.result.cr_frame is not None:
            made_at = ((file, line) for file, line, _ in result.result.cr_origin or ())
            self._tell("not awaited", result.result.__qualname__, self._place(made_at))
            result.result.close()  # said once; Python must not warn about it again in a later cell
        gc.collect()
        for found in self._unawaited:
            self._tell("not awaited", found.name, self._place(found.frames))
        self._unawaited.clear()
        for task, place in self._tasks:
            # Private, but the only way to ask whether anybody has looked at the exception.
            if task.done() and not task.cancelled() and getattr(task, "_log_traceback", False):
                error = task.exception()
                self._tell("task failed", f"{type(error).__name__}: {error}", place)
        self._tasks = [(task, place) for task, place in self._tasks if not task.done()]

    def _tell(self, kind: str, what: str, place: Place | None) -> None:
        self.reports.append({"kind": kind, "what": what, "cell": self._source})
        where = str(place) if place else "in code outside the notebook"
        if kind == "not awaited":
            lines = (
                where,
                f"`{what}` made a coroutine, and nothing ran it: whatever it should do has not happened.",
                "Put `await` in front of the call.",
            )
        else:
            lines = (
                where,
                f"A task failed in the background and nobody awaited it: {what}",
                "Keep the task in a variable and `await` it, or start it in an `asyncio.TaskGroup`.",
            )
        display(Note(mark="!", title=kind, lines=lines))

    # -- what is seen on the way -----------------------------------------------------------------------

    def place_of_caller(self) -> Place | None:
        """Return the innermost line of a cell that is running now."""
        frame, frames = sys._getframe(1), []
        while frame:
            frames.append((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        return self._place(frames)

    def _place(self, frames: Iterable[Frame]) -> Place | None:
        """Return the first of these frames, innermost first, that belongs to a cell."""
        for file, line in frames:
            if file in self._cells:
                return Place(self._cells[file], line, linecache.getline(file, line).strip())
        return None

    def _remember(self, task: asyncio.Task[Any]) -> None:
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


class _Remember:
    """A task factory that tells the watcher which tasks the learner's code starts."""

    def __init__(self, watcher: Watcher, inner: Callable[..., Any] | None) -> None:
        self.watcher, self.inner = watcher, inner or asyncio.Task

    def __call__(self, loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> Any:
        if self.inner is asyncio.Task:
            kwargs["loop"] = loop
            task = asyncio.Task(coro, **kwargs)
        else:
            task = self.inner(loop, coro, **kwargs)
        if _in_a_cell.get():
            self.watcher._remember(task)
        return task


def current() -> Watcher | None:
    """Return this kernel's watcher, or None if the extension was not loaded."""
    return _watcher


def open_things() -> Note:
    """Return what was started in this notebook and is still there: tasks, connections, threads."""
    still_open = _watcher.still_open() if _watcher else []
    if still_open:
        return Note("!", "still open", tuple(still_open))
    return Note("✓", "nothing is left open", ("No task, no connection, no thread.",))


_watcher: Watcher | None = None


def start_watching(shell: InteractiveShell) -> Watcher:
    """Return this kernel's watcher; the first call starts it."""
    global _watcher  # noqa: PLW0603 (one kernel, one watcher, however often the extension is loaded)
    if _watcher is None:
        _watcher = Watcher(shell)
        _watcher.start()
    return _watcher
