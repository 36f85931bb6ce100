"""What went wrong when a behaviour was tried on an answer, in words and with the learner's own line."""

import inspect
import itertools
import linecache
import re
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from todo_lib.lab.aio.unawaited import Frame, Unawaited, frames_of
from todo_lib.lab.checks.behaviour import Behaviour, BrokenPromise
from todo_lib.lab.errors.lookup import find

WIDTH = 160  # characters of a shown value
DATE = re.compile(r"datetime\.date\((\d+), (\d+), (\d+)\)")


@dataclass(frozen=True)
class Failure:
    """Why a behaviour does not hold, in words.

    The exception itself would keep the learner's objects alive.
    """

    error: type[BaseException]
    text: str
    frames: tuple[Frame, ...]
    """Where it was raised, innermost first."""
    facts: tuple[str, ...]
    """What to show: tried, expected, seen; or the error in one line."""
    coroutine_seen: bool = False
    traceback: str = ""
    fix: str = ""
    """What the catalogue of errors advises."""
    cause: str = ""
    """What it means, if the error itself says so."""
    promise: str = ""
    """What is broken, if it is asked of every answer."""

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """Describe an exception, and put away the coroutine it may hold."""
        full = _traceback(error)
        known = find(error)
        facts: tuple[str, ...] = (
            f"raised: {type(error).__name__}: {short_text(_said(error))}".removesuffix(": "),
            *([f"meaning: {known.title}"] if known else []),
        )
        seen = getattr(error, "seen", None)
        if isinstance(error, BrokenPromise):
            expected, saw = short_pair(error.expected, seen)
            facts = (f"tried: {short_text(error.tried)}", f"expected: {expected}", f"saw: {saw}")
        if inspect.iscoroutine(seen):
            seen.close()
        text = "" if isinstance(error, BrokenPromise) else full
        fix = known.fix if known else ""
        cause, promise = (error.cause, error.promise) if isinstance(error, BrokenPromise) else ("", "")
        return cls(
            type(error),
            _said(error),
            frames_of(error),
            facts,
            inspect.iscoroutine(seen),
            text,
            fix,
            cause,
            promise,
        )


@dataclass(frozen=True)
class Result:
    """One behaviour tried: `failure` is None if it holds."""

    behaviour: Behaviour
    failure: Failure | None
    unawaited: tuple[Unawaited, ...]

    def failed_by(self, error: type[BaseException]) -> bool:
        """Return whether it failed by this kind of error."""
        return self.failure is not None and issubclass(self.failure.error, error)


class OwnLines:
    """Tells which lines are the learner's: those in the file or cell where the answer was written."""

    def __init__(self, answer: Any) -> None:
        bases = answer.__mro__[:-1] if inspect.isclass(answer) else []
        members = [answer, *(value for base in bases for value in vars(base).values())]
        functions = [inspect.unwrap(member) for member in members if inspect.isfunction(member)]
        self.files = {function.__code__.co_filename for function in functions}
        self.names: dict[str, Any] = functions[0].__globals__ if functions else {}
        """The global names that they see."""

    def line(self, frames: Sequence[Frame]) -> str:
        """Return "line 4: `code`" for the first frame, innermost first, that is the learner's; or ""."""
        for file, number in frames:
            if file in self.files:
                return f"line {number}: `{linecache.getline(file, number).strip()}`"
        return ""


def _said(error: BaseException) -> str:
    """Return an error's text, or that it has none: a learner's own class may be broken."""
    try:
        return str(error)
    except Exception as broken:  # noqa: BLE001
        return f"(its own text cannot be made: {type(broken).__name__})"


def _traceback(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))
    except Exception:  # noqa: BLE001
        return "".join(traceback.format_tb(error.__traceback__))


def short(value: object) -> str:
    """Return the value's repr, cut to one line."""
    return _cut(_text_of(value))


def short_pair(expected: object, seen: object) -> tuple[str, str]:
    """Return both values, each cut to one line.

    If they are long and differ late, they are shown from shortly before there.
    """
    one, other = _text_of(expected), _text_of(seen)
    pairs = zip(one, other, strict=False)
    alike = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    if one != other and alike > WIDTH - 20:
        one, other = (f"… {text[alike - 20 :]}" for text in (one, other))
    return _cut(one), _cut(other)


def short_text(text: str) -> str:
    """Return the text on one line, dates as people write them, cut."""
    return _cut(_one_line(text))


def _text_of(value: object) -> str:
    if inspect.iscoroutine(value):
        return f"a coroutine: `{value.__qualname__}` has not run"
    try:
        return _one_line(repr(value))
    except Exception as broken:  # noqa: BLE001 (a learner's own class may be broken)
        return f"a {type(value).__name__} whose repr fails: {type(broken).__name__}"


def _one_line(text: str) -> str:
    return DATE.sub(r"\1-\2-\3", " ".join(text.split()))


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 2]} …"
