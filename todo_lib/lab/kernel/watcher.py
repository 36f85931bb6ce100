"""The watcher: after each cell it says what was left un-awaited and which background task failed.

A notebook hides both. A forgotten `await` makes no error, and Python's warning about it appears in some
later cell or never; a failed task is silent until it is thrown away. The watcher looks after every cell,
names the learner's own line, and knows at the end what is still open.
"""

import asyncio
import gc
import inspect
import threading
import weakref
from dataclasses import dataclass, field, replace
from typing import Any

from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell
from IPython.display import display

from todo_lib.lab.aio.task_factory import TaskFactory, in_a_cell, tell
from todo_lib.lab.aio.unawaited import RunsWhenAwaited, Unawaited, calls_now, frames_of
from todo_lib.lab.errors.lookup import explain, find
from todo_lib.lab.errors.model import Seen
from todo_lib.lab.kernel import handed_over, same_mistake
from todo_lib.lab.kernel.cells import Cells, Place
from todo_lib.lab.kernel.connections import Connections
from todo_lib.lab.kernel.failed_cells import FailedCells
from todo_lib.lab.kernel.notes import Notes
from todo_lib.lab.kernel.sightings import Sighting, Sightings
from todo_lib.lab.messages import Note, Table

# Threads that keep themselves ready for the next piece of work; they end with the process.
WORKERS = ("asyncio_", "ThreadPoolExecutor", "AnyIO worker")


@dataclass
class Watcher:
    """Everything seen so far in this kernel. There is one: see `start_watching`.

    It observes and changes nothing: what a learner keeps works in the next cell as it would without it.
    """

    shell: InteractiveShell
    reports: list[dict[str, str]] = field(default_factory=list)
    """Each: `kind` ("not awaited" or "task failed"), `what`, and `cell`.

    `cell` is the source of the cell that it followed.
    """

    def __post_init__(self) -> None:
        """Start from what is there already: the kernel's own threads are nobody's fault."""
        self.cells = Cells()
        self.failed_cells = FailedCells()
        self._notes = Notes()
        self._sightings = Sightings(self.cells)
        self._connections = Connections(self.cells)
        self._source = ""
        self._tasks: list[tuple[asyncio.Task[Any], Place | None]] = []
        self._task_factory: TaskFactory | None = None
        self._threads = weakref.WeakSet(threading.enumerate())
        self._next_beat: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to watch. Called once, by the extension."""
        for call in calls_now():
            if call.f_globals is self.shell.user_ns:  # the cell that loads the extension
                self.cells.begin(call.f_code.co_filename)
        self._sightings.start()
        self._connections.start()
        self.shell.events.register("pre_run_cell", self._before_cell)
        self.shell.events.register("post_run_cell", self._after_cell)
        gc.collect()
        gc.freeze()  # what is loaded now stays: looking through it after every cell would only cost time

    # -- around each cell ------------------------------------------------------------------------------

    def _before_cell(self, info: ExecutionInfo) -> None:
        self._source = info.raw_cell or ""
        self.cells.begin(
            self.shell.compile.get_code_name(self._source, self._source, self.shell.execution_count)
        )
        self.failed_cells.begin(self._source, self.shell.user_ns)
        self._sightings.begin()
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
        gc.collect()
        sightings = list(self._sightings.take())
        explained = self._explain(error, sightings) if isinstance(error, Exception) else set()
        self._look_at_result(result.result)
        for sighting in sightings:
            self._tell_of_coroutines(sighting, explained)
        self._look_at_tasks()
        self._notes.show()

    def _explain(self, error: Exception, sightings: list[Sighting]) -> set[Place]:
        """Show below the traceback what is known of the error; if nothing is, at least the learner's line.

        Return the lines of which nothing more must be said. What was held by calls that the error has ended
        is no news either, least of all some cells later.
        """
        lines, is_known = same_mistake.lines_of(error, self.cells), bool(find(error))
        for coroutine in same_mistake.coroutines_of(error):
            found = Unawaited.of(coroutine)
            place = self.cells.place(found.frames)
            if place in lines and not is_known and not found.is_the_drivers:
                self._tell_of_coroutines(Sighting(found, place, place), set())
            self._sightings.mark_told(coroutine)
        if is_known:
            display(self._with_cause(explain(error), error, lines, sightings))
            return lines
        if place := self.cells.place(frames_of(error)):
            display(Note("·", self.cells.where(place)))
        return set()

    def _with_cause(
        self, note: Note | Table, error: Exception, lines: set[Place], sightings: list[Sighting]
    ) -> Note | Table:
        """Add to an explanation what is known of the coroutine that the error complains of.

        That is who called the learner's function, if it was other code; else its line, if it is another one.
        """
        if not isinstance(note, Note) or not same_mistake.is_about_coroutines(error):
            return note
        held = map(Unawaited.of, same_mistake.named_by(error))
        blamed = [Sighting(each, self.cells.place(each.frames), None) for each in held]
        for each in (*blamed, *(each for each in sightings if each.place in lines)):
            place, (what, instead) = handed_over.explain(each.unawaited, self.cells, each.place, each.running)
            first, *others = note.lines
            if instead != handed_over.OWN_CALL:
                return replace(note, lines=(first, f"Here: {what} {instead}", *others))
            if place and place not in lines:
                return replace(note, lines=(first, f"Made in {self.cells.where(place)}", *others))
        return note

    def _line_of(self, error: BaseException | None) -> int | None:
        """Return the line of a cell where the error is: a SyntaxError was raised elsewhere, and names it."""
        if isinstance(error, SyntaxError):
            return error.lineno
        place = self.cells.place(frames_of(error)) if error else None
        return place.line if place else None

    # -- what there is to tell -------------------------------------------------------------------------

    def _look_at_result(self, value: Any) -> None:
        """Look at the cell's last value: shown, it is kept, so Python would warn of it much later."""
        if inspect.iscoroutine(value) and inspect.getcoroutinestate(value) == inspect.CORO_CREATED:
            if any(task.get_coro() is value for task, _ in self._tasks):
                return  # a task will run it
            found = Unawaited.of(value)
            here = self.cells.last_statement()
            self._tell_of_coroutines(Sighting(found, self.cells.place(found.frames) or here, here), set())
            self._sightings.mark_told(value)
        elif isinstance(value, RunsWhenAwaited) and not value.started:
            self._note("not awaited", value.name)  # it has shown itself
            self._sightings.mark_told(value)

    def _tell_of_coroutines(self, sighting: Sighting, explained: set[Place]) -> None:
        """Tell of coroutines that nobody awaited, unless an error's explanation has told of that line."""
        found = sighting.unawaited
        place, lines = handed_over.explain(found, self.cells, sighting.place, sighting.running)
        if place in explained:
            return
        where = self.cells.where(place, found.code)
        if self._notes.add("not awaited", where, found.name, *lines, count=sighting.count):
            self._note("not awaited", found.name)

    def _look_at_tasks(self) -> None:
        for task, place in self._tasks:
            # Private, but the only way to ask whether anybody has looked at the exception.
            if task.done() and not task.cancelled() and getattr(task, "_log_traceback", False):
                self._tell_of_task(task, place)
        self._tasks = [(task, place) for task, place in self._tasks if not task.done()]

    def _tell_of_task(self, task: asyncio.Task[Any], place: Place | None) -> None:
        error: BaseException | None = getattr(task, "_exception", None)
        if task.get_loop().get_exception_handler() is None:
            error = task.exception()  # looked at: Python will not tell of it, too
        assert error, "that is why it is told of"
        what = f"{type(error).__name__}: {Seen(error, ()).text}"
        if self._notes.add("task failed", self.cells.where(place), "a task", *_task_failed(what)):
            self._note("task failed", what)

    def _note(self, kind: str, what: str) -> None:
        self.reports.append({"kind": kind, "what": what, "cell": self._source})

    def _task_started(self, task: asyncio.Task[Any]) -> None:
        if in_a_cell.get():
            self._tasks.append((task, self.cells.running()))

    # -- at the end ------------------------------------------------------------------------------------

    def still_open(self) -> list[str]:
        """Return a sentence for each task, connection and thread that was started here and still lives."""
        tasks = [
            f"task still running, started by `{place.code}`"
            for task, place in self._tasks
            if place and not task.done()
        ]
        connections = self._connections.still_open(self.shell.user_ns)
        threads = [
            f"thread still running: {thread.name}"
            for thread in threading.enumerate()
            if thread not in self._threads and not thread.daemon and not thread.name.startswith(WORKERS)
        ]
        return tasks + connections + (threads if not connections else [])


def _task_failed(what: str) -> tuple[str, str]:
    return (
        f"A task failed in the background, and nobody has awaited it yet: {what}",
        "`await` it where you need what it does, or start it in an `asyncio.TaskGroup`.",
    )


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
