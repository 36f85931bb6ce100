"""Watch the event loop: which task runs when, which one waits, and which one keeps the loop to itself.

Nothing is simulated. While a `timeline()` block runs, each new task's coroutine is put into a wrapper
that the loop resumes in its place; the wrapper passes everything on and notes when.
"""

import asyncio
import re
import sys
import sysconfig
from collections import Counter
from collections.abc import Callable, Coroutine, Generator
from contextvars import ContextVar
from dataclasses import dataclass, field
from html import escape
from time import perf_counter
from typing import Any, Self

from IPython import get_ipython
from IPython.display import display

from todo_lib.lab.aio.measure import BLOCKED
from todo_lib.lab.aio.task_factory import make_task
from todo_lib.lab.messages import NOTE_STYLE

LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
# Who hands a new task to the factory: none of these has started it.
PASSING_ON = ("asyncio", "todo_lib.lab.aio.timeline", "todo_lib.lab.server", "todo_lib.lab.kernel.watcher")
UNNAMED = re.compile(r"Task-\d+|None")  # Python 3.13.0 names a task "None" if a factory made it
NO_TASKS = "No task was started in this block. What a block awaits directly is no task of its own."

COLUMNS = "columns:20em;column-gap:2em;margin:0"
SENTENCES = {"blocks": "blocks: no other task can run", "fails": "fails: {error}"}

_line = ContextVar[Any]("todo_lab_timeline", default=None)


@dataclass(eq=False)
class Row:
    """One task: when it was created, and each stretch in which it ran; in seconds since the block began."""

    function: str
    created: float
    task: asyncio.Task[Any] | None = None
    """Its task, while the block runs: kept longer, it would keep alive whatever it has failed with."""
    name: str = ""
    steps: list[tuple[float, float]] = field(default_factory=list)
    ending: str = ""
    """How it ended: "ends", "fails", "is cancelled"; "" as long as it has not."""
    ended: float | None = None
    error: str = ""


@dataclass(eq=False, repr=False)
class Timeline:
    """What the tasks of a block did, in order: see `timeline`."""

    blocked: float = BLOCKED
    library_tasks: bool = False
    rows: list[Row] = field(default_factory=list)
    """The tasks, in the order of their creation."""
    recording: bool = False
    length: float = 0.0
    """Seconds from the block's begin to its end."""

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._moments: list[tuple[Row, str]] = []
        self._began, self.recording = perf_counter(), True
        self.rows.clear()
        self._factory = _WatchingFactory(self, self._loop.get_task_factory())
        self._loop.set_task_factory(self._factory)
        self._outer = _line.get()
        _line.set(self)
        return self

    async def __aexit__(self, *error: object) -> None:
        for row in self.rows:
            if not row.ending:
                self._moments.append((row, "has not ended"))
        self.length, self.recording = self._now(), False
        self._note_names()
        for row in self.rows:
            row.task = None
        _line.set(self._outer)
        if self._loop.get_task_factory() is self._factory:
            self._loop.set_task_factory(self._factory.without_closed_timelines())

    def task(self, name: str, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task under this name, as `asyncio.create_task(coroutine, name=name)` does; return it."""
        return asyncio.create_task(coroutine, name=name)

    # -- what was seen ---------------------------------------------------------------------------------

    @property
    def names(self) -> dict[Row, str]:
        """Return each row's name: its task's, or else its function's; the second of a name is "name 2"."""
        self._note_names()
        times, names = Counter[str](), {}
        for row in self.rows:
            name = row.function if not row.name or UNNAMED.fullmatch(row.name) else row.name
            times[name] += 1
            names[row] = name if times[name] == 1 else f"{name} {times[name]}"
        return names

    @property
    def events(self) -> list[tuple[str, str]]:
        """Return every event in order: the task's name, and what happened.

        That is "starts", "waits" (it gives the loop back), "resumes", "blocks" (it had the loop to itself for
        longer than the limit), and at the end "ends", "fails", "is cancelled" or "has not ended".
        """
        names = self.names
        return [(names[row], event) for row, event in self._moments]

    @property
    def text(self) -> str:
        """Return the order of events, one per line, without the short turns in between."""
        return self.describe()

    def describe(self, detail: bool = False) -> str:
        """Return the order of events, one per line.

        A query is dozens of short turns; without `detail`, a task that waited once is mentioned again only
        when it blocks or ends.
        """
        lines = [f"{number}. {line}" for number, line in enumerate(self._sentences(detail), 1)]
        return "\n".join(lines) or NO_TASKS

    def _sentences(self, detail: bool) -> list[str]:
        names, waited, sentences = self.names, set[Row](), []
        for row, event in self._moments:
            if not detail and (event == "resumes" or (event == "waits" and row in waited)):
                continue
            if event == "waits":
                waited.add(row)
            sentences.append(f"{names[row]} {SENTENCES.get(event, event).format(error=row.error)}")
        return sentences

    def draw(self, detail: bool = False) -> None:
        """Display the picture, and the same in words below it.

        Where images cannot be shown, the words take the picture's place. `detail` as for `describe`.
        """
        words = self.describe(detail)
        if get_ipython() is None:
            print(words)
            return
        if self.rows:
            # Drawing needs matplotlib, whose import takes longer than everything else here.
            from todo_lib.lab.aio.timeline_picture import picture  # noqa: PLC0415

            png, metadata = picture(self)
            display({"image/png": png, "text/plain": words}, metadata={"image/png": metadata}, raw=True)
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in self._sentences(detail))
        shown = f'<ol style="{COLUMNS}">{items}</ol>' if items else escape(NO_TASKS)
        html = f'<div role="note" aria-label="the timeline in words" style="{NOTE_STYLE}">{shown}</div>'
        display({"text/html": html} | ({} if self.rows else {"text/plain": words}), raw=True)

    def __repr__(self) -> str:
        return self.text

    # -- how it is seen --------------------------------------------------------------------------------

    def _now(self) -> float:
        return perf_counter() - self._began

    def _note_names(self) -> None:
        # Not when a task is created: it gets its name a moment later.
        for row in self.rows:
            if row.task:
                row.name = row.task.get_name()

    def _ran(self, row: Row, began: float, event: str, error: str = "") -> None:
        """Note that a task ran since `began`, and what it does now."""
        row.steps.append((began, now := self._now()))
        if now - began > self.blocked:
            self._moments.append((row, "blocks"))
        self._moments.append((row, event))
        if event != "waits":
            row.ending, row.error, row.ended = event, error, now

    def _never_ran(self, row: Row) -> None:
        """Note that a task was cancelled before its first turn."""
        row.ending, row.ended = "is cancelled", self._now()
        self._moments.append((row, row.ending))


def timeline(blocked: float = BLOCKED, library_tasks: bool = False) -> Timeline:
    """Record what the tasks do that are started inside a block.

        async with timeline() as line:
            await asyncio.gather(a(), b())
        line.draw()

    A task that runs longer than `blocked` seconds without giving the loop back counts as blocking it. Tasks
    that libraries start for themselves (SQLAlchemy starts one to close a session) are left out, unless
    `library_tasks` is set. Errors pass through unchanged.
    """
    return Timeline(blocked, library_tasks)


class _WatchingFactory:
    """A task factory that lets a timeline watch new tasks, on top of the factory that was there before."""

    def __init__(self, line: Timeline, inner: Callable[..., Any] | None) -> None:
        self.line, self.inner = line, inner

    def __call__(self, loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> Any:
        line, row = self.line, None
        if line.recording and _line.get() is line and (line.library_tasks or not _started_by_a_library()):
            name = getattr(coro, "__qualname__", "task").rpartition(".")[2]
            row = Row(name, line._now())
            line.rows.append(row)
            coro = _Watched(coro, line, row)
        task = make_task(self.inner, loop, coro, **kwargs)
        if row:
            row.task = task
        return task

    def without_closed_timelines(self) -> Callable[..., Any] | None:
        """Return the factory to go back to."""
        factory: Callable[..., Any] | None = self
        while isinstance(factory, _WatchingFactory) and not factory.line.recording:
            factory = factory.inner
        return factory


def _started_by_a_library() -> bool:
    frame: Any = sys._getframe(1)
    while frame and frame.f_globals.get("__name__", "").startswith(PASSING_ON):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(LIBRARIES)


class _Watched(Coroutine[Any, Any, Any]):
    """A coroutine that passes everything on to another one, and notes when that one runs."""

    def __init__(self, inner: Coroutine[Any, Any, Any], line: Timeline, row: Row) -> None:
        self._inner, self._line, self._row = inner, line, row

    def send(self, value: Any) -> Any:
        return self._step(self._inner.send, value)

    def throw(self, *error: Any) -> Any:
        if self._line.recording and not self._row.steps:
            self._line._never_ran(self._row)
            return self._inner.throw(*error)
        return self._step(self._inner.throw, *error)

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._inner.__await__()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)  # cr_frame, __qualname__ and whatever else is asked of a coroutine

    def _step(self, resume: Callable[..., Any], *args: Any) -> Any:
        line, row = self._line, self._row
        if not line.recording:
            return resume(*args)
        began = line._now()
        line._moments.append((row, "resumes" if row.steps else "starts"))
        try:
            waits_for = resume(*args)
        except StopIteration:
            line._ran(row, began, "ends")
            raise
        except asyncio.CancelledError:
            line._ran(row, began, "is cancelled")
            raise
        except BaseException as error:
            line._ran(row, began, "fails", type(error).__name__)
            raise
        line._ran(row, began, "waits")
        return waits_for
