"""Find coroutines that nobody awaited, and the line that made them."""

import gc
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from todo_lib.lab.messages import Note

ORIGIN_DEPTH = 8  # frames to remember per coroutine: enough to reach the learner's line through a library
MESSAGE = re.compile(r"coroutine '(?P<name>.+?)' was never awaited")
FRAME = re.compile(r'File "(?P<file>.+?)", line (?P<line>\d+), in ')
DRIVER = re.compile(r"[\\/]sqlalchemy[\\/](connectors|dialects)[\\/]")
# A synchronous session on an asynchronous engine calls the methods of its connection, and awaits nothing.
SESSION = re.compile(r"[\\/]sqlalchemy[\\/]orm[\\/]session\.py$")

Frame = tuple[str, int]
"""A file name and a line number."""


@dataclass(frozen=True)
class Unawaited:
    """A coroutine that was thrown away before it ran."""

    name: str
    frames: tuple[Frame, ...]
    """Where it was made, innermost first."""


def frames_of(error: BaseException) -> tuple[Frame, ...]:
    """Return where an exception was raised, innermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    return tuple((frame.filename, frame.lineno or 0) for frame in reversed(frames))


def hook(tell: Callable[[Unawaited], None], otherwise: Callable[..., None]) -> Callable[..., None]:
    """Return a `warnings.showwarning` that gives un-awaited coroutines to `tell`, the rest to `otherwise`.

    Nobody hears of those that SQLAlchemy makes itself, for a driver or in a synchronous session, and leaves
    behind when it cannot wait: the error tells of that, and no `await` of the learner's is missing.
    """

    def showwarning(message: Warning | str, category: type[Warning], *args: Any, **kwargs: Any) -> None:
        found = MESSAGE.search(str(message))
        if found is None:
            otherwise(message, category, *args, **kwargs)
            return
        frames = [(frame["file"], int(frame["line"])) for frame in FRAME.finditer(str(message))]
        made_in = frames[-1][0] if frames else ""
        if not SESSION.search(made_in) and not any(DRIVER.search(file) for file, _ in frames):
            tell(Unawaited(found["name"], tuple(reversed(frames))))

    return showwarning


def always_warn() -> None:
    """Let Python report every un-awaited coroutine, with the place where it was made."""
    sys.set_coroutine_origin_tracking_depth(ORIGIN_DEPTH)
    warnings.filterwarnings("always", message=MESSAGE.pattern, category=RuntimeWarning)


class RunsWhenAwaited:
    """Work that waits for its `await`, and can say so: a coroutine could only show its address.

    Thrown away before it ran, it is reported as a coroutine would be.
    """

    def __init__(self, name: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self.name = name
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
            warnings.warn(f"coroutine '{self.name}' was never awaited", RuntimeWarning, stacklevel=1)


@contextmanager
def catch_unawaited() -> Iterator[list[Unawaited]]:
    """Collect the coroutines that are thrown away inside the block; nobody else is told of them."""
    found: list[Unawaited] = []
    depth = sys.get_coroutine_origin_tracking_depth()
    with warnings.catch_warnings():
        always_warn()
        warnings.showwarning = hook(found.append, warnings.showwarning)
        try:
            yield found
        finally:
            gc.collect()
            sys.set_coroutine_origin_tracking_depth(depth)
