"""Find coroutines that nobody awaited, and the line that made them.

Python calls a function of `warnings` for each coroutine that is thrown away before it ran. That function is
where we listen: no filter of a learner's silences it, none of theirs is changed, and it costs little.
"""

import gc
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from todo_lib.lab.messages import Note

ORIGIN_DEPTH = 8  # frames to remember per coroutine: enough to reach the learner's line through a library
DRIVER = re.compile(r"[\\/]sqlalchemy[\\/](connectors|dialects)[\\/]")
# A synchronous session on an asynchronous engine calls the methods of its connection, and awaits nothing.
SESSION = re.compile(r"[\\/]sqlalchemy[\\/]orm[\\/]session\.py$")

OURS = "todo_lab_is_listening"  # an attribute of a `warnings.showwarning` that only marks its place

Frame = tuple[str, int]
"""A file name and a line number."""

Origin = tuple[tuple[str, int, str], ...]
"""Where a coroutine was made: file, line and function, innermost first."""


@dataclass(frozen=True)
class Unawaited:
    """A coroutine that was thrown away before it ran."""

    name: str
    origin: Origin
    """Where it was made. Empty where no Python code has called it: at the bottom of a greenlet."""
    code: CodeType | None = None
    """What should have run."""
    in_thread: bool = False
    """Whether a thread made it that is not the event loop's."""

    @classmethod
    def of(cls, coroutine: Any) -> "Unawaited":
        """Return what is known of a coroutine. Python tracks the origins of one thread, the event loop's."""
        origin = coroutine.cr_origin
        return cls(coroutine.__qualname__, origin or (), coroutine.cr_code, origin is None)

    @property
    def frames(self) -> tuple[Frame, ...]:
        """Return where it was made, innermost first."""
        return tuple((file, line) for file, line, _ in self.origin)

    @property
    def is_the_drivers(self) -> bool:
        """Return whether SQLAlchemy made it, for a driver or in a synchronous session, and could not wait.

        The error tells of that, and no `await` of the learner's is missing.
        """
        files = [file for file, _ in self.frames]
        return any(map(DRIVER.search, files)) or any(map(SESSION.search, files[:1]))


def frames_of(error: BaseException) -> tuple[Frame, ...]:
    """Return where an exception was raised, innermost first; the members of a group before the group."""
    members = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    frames = traceback.extract_tb(error.__traceback__)
    own = ((frame.filename, frame.lineno or 0) for frame in reversed(frames))
    return (*(frame for member in members for frame in frames_of(member)), *own)


def calls_now() -> Iterator[FrameType]:
    """Return the calls that run now, innermost first, and those that wait below SQLAlchemy's greenlets."""
    frame: FrameType | None = sys._getframe(1)
    greenlet = sys.modules.get("greenlet")
    below = greenlet.getcurrent().parent if greenlet else None
    while frame:
        yield frame
        frame = frame.f_back
        if frame is None and below is not None:
            frame, below = below.gr_frame, below.parent


_python_warns: Callable[[Any], None] = warnings._warn_unawaited_coroutine  # type: ignore[attr-defined]
_listeners: list[Callable[[Any], None]] = []


def listen(listener: Callable[[Any], None]) -> None:
    """Let this function, the last that asked for it, hear of each un-awaited coroutine, in Python's place."""
    _listeners.append(listener)
    warnings._warn_unawaited_coroutine = _unawaited  # type: ignore[attr-defined]


def stop_listening(listener: Callable[[Any], None]) -> None:
    """Let the listener before this one hear of them again, and without any Python."""
    _listeners.remove(listener)
    if not _listeners:
        warnings._warn_unawaited_coroutine = _python_warns  # type: ignore[attr-defined]


def _unawaited(coroutine: Any) -> None:
    (_listeners[-1] if _listeners else _python_warns)(coroutine)


def pass_on(as_errors: bool = True) -> Callable[[Any], None]:
    """Return a listener's last step: it warns as Python does, if a learner's own code waits for warnings.

    That is code which records or redirects them, from now on, or lets them be errors, unless `as_errors` is
    False. The listener must call it directly.
    """
    shown = warnings.showwarning

    def showwarning(*args: Any, **kwargs: Any) -> None:
        shown(*args, **kwargs)

    def warn(coroutine: Any) -> None:
        nobody_records = getattr(warnings.showwarning, OURS, False)  # whoever does replaces it
        if nobody_records and not (as_errors and _are_errors(RuntimeWarning)):
            return
        text = f"coroutine '{coroutine.__qualname__}' was never awaited"
        # This function, the listener, `_unawaited`, then the line that threw it away.
        warnings.warn(text, RuntimeWarning, stacklevel=4, source=coroutine)

    setattr(showwarning, OURS, True)
    warnings.showwarning = showwarning
    return warn


def _are_errors(category: type[Warning]) -> bool:
    """Return whether a filter may turn these warnings into errors, before another decides for all of them."""
    for action, text, kind, module, _ in warnings.filters:  # asked a million times
        if issubclass(category, kind):
            if action == "error":
                return True
            if text is module is None:
                return False
    return False


@contextmanager
def catch_unawaited() -> Iterator[list[Unawaited]]:
    """Collect the coroutines that are thrown away inside the block; nobody else is told of them."""
    found: list[Unawaited] = []

    def note(coroutine: Any) -> None:
        unawaited = Unawaited.of(coroutine)
        if not unawaited.is_the_drivers:
            found.append(unawaited)
        warn(coroutine)

    with _origins_noted(), warnings.catch_warnings():  # undoes what is done to warnings in the block
        warn = pass_on(as_errors=False)
        listen(note)
        try:
            yield found
        finally:
            gc.collect()
            stop_listening(note)


_noting: list[int] = []  # for each block that is open, the depth before the first of them


@contextmanager
def _origins_noted() -> Iterator[None]:
    """Let Python note where coroutines are made, until the last of the blocks that are open has ended."""
    _noting.append(_noting[0] if _noting else sys.get_coroutine_origin_tracking_depth())
    sys.set_coroutine_origin_tracking_depth(ORIGIN_DEPTH)
    try:
        yield
    finally:
        before = _noting.pop()
        sys.set_coroutine_origin_tracking_depth(ORIGIN_DEPTH if _noting else before)


class RunsWhenAwaited:
    """Work that waits for its `await`, and can say so: a coroutine could only show its address.

    Thrown away before it ran, it is reported as a coroutine would be.
    """

    cr_code = None

    def __init__(self, name: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self.name = self.__qualname__ = name
        self.cr_origin = origin_of(list(calls_now())[1 : ORIGIN_DEPTH + 1])
        self.started = False
        self._work = work

    def __await__(self) -> Generator[Any, Any, Any]:
        self.started = True
        return self._work().__await__()

    def __repr__(self) -> str:
        return repr(self._note())

    def _repr_html_(self) -> str:
        return self._note()._repr_html_()

    def _note(self) -> Note:
        if self.started:
            return Note("·", f"{self.name} has run")
        return Note("!", "it has not run", (f"That is this lesson's bug: write `await {self.name}(…)`.",))

    def __del__(self) -> None:
        if not self.started:
            _unawaited(self)


def origin_of(calls: Iterable[FrameType]) -> Origin:
    """Return calls that run as Python notes them for a coroutine."""
    return tuple((call.f_code.co_filename, call.f_lineno, call.f_code.co_name) for call in calls)
