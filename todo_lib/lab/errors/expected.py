"""Errors that are meant to happen: one stable line in the place of a traceback, and red when they do not."""

import asyncio
import inspect
import re
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from sqlalchemy.exc import MissingGreenlet

from todo_lib.lab.blank import BLANK, Blank
from todo_lib.lab.errors.model import related

WIDTH = 120  # characters of an error's message

# What differs between two runs or two machines, and what is shown instead. The words stay the library's own:
# what another version says is a matter of who compares (`todo_lib/authoring/sanitize.cfg`).
STABLE = (
    (re.compile(r"\s*\(Background on this error at: [^)]*\)"), ""),
    (re.compile(r"\b0x[0-9a-fA-F]+"), "0x…"),
    (re.compile(r"\bTask-\d+"), "Task-…"),
    (re.compile(r"\bTask <.*> got Future <.*> attached"), "Task … got Future … attached"),
    (re.compile(r"\btodo_lab_[0-9a-f]{8}\b"), "todo_lab_…"),  # a scratch database on PostgreSQL
    (re.compile(r"\b(127\.0\.0\.1|localhost):\d+"), r"\1:…"),
    (re.compile(r"[^\s'\"<>()]*ipykernel_\d+[^\s'\"<>():]*"), "a cell"),
    (re.compile(r"(?<=\w:///)[^\s'\"]*/"), "…/"),  # the file of an SQLite address
    # A path keeps its last part. An address (http://…/x) and a route (/api/todo) stay as they are.
    (re.compile(r"(?<![\w:/.])(?:[A-Za-z]:)?(?:[\\/]+[\w.+~-]+)+[\\/]+([\w.+~-]+\.\w+)(?::\d+)?"), r"…/\1"),
    (re.compile(r"(?<![\w:/.])/(?:tmp|home|root|Users|var)/[^\s'\"<>()]*"), "…"),
)
END_OF_SENTENCE = re.compile(r"[.?!]\s+(?=[A-Z])")


class ExpectationError(AssertionError):
    """Raised by `expect_error` when the block raised nothing, or something else."""


class expect_error:
    """A block that must raise one of `types`; `with` and `async with` both work.

        with expect_error(MissingGreenlet):
            task.name

    An error counts if it is an instance of one of `types`, if its `.orig` (SQLAlchemy's wrapped error) or
    its `__cause__` is, or if it is a group with such a member; with `match`, a regular expression, its
    message must contain that too. Then one line is printed, the same in every run, one more if the error came
    inside another, and the program goes on. `.error` holds what was raised.

    Raise `ExpectationError` if nothing or something else was raised. What stops a program
    (`KeyboardInterrupt`, `SystemExit`, `asyncio.CancelledError`) passes through, unless it is itself one of
    `types`. With `____` in the place of a type, nothing is judged.
    """

    def __init__(self, *types: type[BaseException] | Blank, match: str | None = None) -> None:
        self.not_started = any(isinstance(each, Blank) for each in types)
        classes = tuple(each for each in types if isinstance(each, type) and issubclass(each, BaseException))
        if self.not_started:
            classes = (Exception,)
        elif not types or len(classes) != len(types):
            raise TypeError("expect_error needs at least one class of errors, as in expect_error(ValueError)")
        self.types, self.match = classes, match
        self.error: BaseException | None = None

    def __enter__(self) -> Self:
        self.error = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self.not_started and (error is None or isinstance(error, Exception)):
            print(repr(BLANK))
            return True
        if error is None:
            raise ExpectationError(f"expected {self._wanted}, but no error was raised")
        found = self._find(error)
        stops_the_program = not isinstance(error, Exception)
        if stops_the_program and found is not error:
            return False
        if found is None:
            raise ExpectationError(
                f"expected {self._wanted}, but {type(error).__name__} was raised{_colon(stable_text(error))}"
            ) from error
        self.error = error
        close_coroutines(error)
        print(f"✓ {type(found).__name__}, as expected{_colon(stable_text(found))}")
        if found is not error:
            print(f"  It came inside {type(error).__name__}: write `{_clause(error, found)}`.")
        return True

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        return self.__exit__(kind, error, trace)

    @property
    def _wanted(self) -> str:
        names = " or ".join(each.__name__ for each in self.types)
        return f"{names} matching {self.match!r}" if self.match else names

    def _find(self, error: BaseException) -> BaseException | None:
        for each in _inside(error):
            if isinstance(each, self.types) and (not self.match or re.search(self.match, str(each))):
                return each
        return None


def stable_text(error: BaseException) -> str:
    """Return the first sentence of an error's message, without what differs from run to run.

    Addresses of objects, folders, port numbers, numbers of tasks and SQLAlchemy's link are left out. At most
    `WIDTH` characters.
    """
    text = str(error).strip()
    for volatile, instead in STABLE:
        text = volatile.sub(instead, text)
    text = END_OF_SENTENCE.split(text.partition("\n")[0].strip())[0].removesuffix(".")
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 2]} …"


def _clause(error: BaseException, found: BaseException) -> str:
    """Return what catches an error that came inside this one."""
    in_group = isinstance(error, BaseExceptionGroup)
    return f"except* {type(found).__name__}" if in_group else f"except {type(error).__name__}"


def _colon(text: str) -> str:
    return f": {text}" if text else ""


def _inside(error: BaseException) -> Iterator[BaseException]:
    """Return the error, then those it wraps."""
    return (seen.error for seen in related(error, with_context=False))


def close_coroutines(error: BaseException) -> None:
    """Close what SQLAlchemy 2.1 made and left un-awaited before it found out that it cannot wait.

    Python would warn about it, and the watcher would blame the learner's line. A coroutine that the learner
    made is left alone: about that one the warning is right.
    """
    for each in _inside(error):
        trace = each.__traceback__ if isinstance(each, MissingGreenlet) else None
        while trace:
            if trace.tb_frame.f_globals.get("__name__", "").startswith("sqlalchemy."):
                for value in trace.tb_frame.f_locals.values():
                    if asyncio.iscoroutine(value) and not _has_begun(value):
                        value.close()
            trace = trace.tb_next


def _has_begun(coroutine: Any) -> bool:
    # aiosqlite wraps its coroutines in an object that cannot be asked.
    return inspect.iscoroutine(coroutine) and inspect.getcoroutinestate(coroutine) != inspect.CORO_CREATED
