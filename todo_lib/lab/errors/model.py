"""What the catalogue is made of: an exception as it was seen, how to recognise it, what to know of it."""

import builtins
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import TracebackType


@dataclass(frozen=True)
class Seen:
    """One exception among those that belong together, and the calls that led to it."""

    error: BaseException
    calls: tuple[TracebackType, ...]
    """Outermost first; with those of the exceptions that wrap it."""

    @property
    def text(self) -> str:
        """Return the message."""
        try:
            return str(self.error)
        except Exception:  # noqa: BLE001 (whatever a strange exception does, the learner gets an answer)
            return ""

    def call(self, place: str) -> TracebackType | None:
        """Return the innermost call whose `path/of/file.py:function` matches this pattern, or None."""
        pattern = re.compile(rf"(?:^|/)(?:{place})$")
        return next((call for call in reversed(self.calls) if pattern.search(_place(call))), None)


@dataclass(frozen=True)
class Pasted:
    """One exception as a text tells of it: what is left in a log, or in a traceback that was copied."""

    names: tuple[str, ...]
    """The name of its class, then of those it is derived from, as far as they are known; empty: not told."""
    text: str
    """The message."""
    code: str = ""
    """The line that failed, perhaps with some before it."""
    calls: tuple[str, ...] = ()
    """Each a `path/of/file.py:function`, outermost first."""
    above: str = ""
    """The traceback."""

    def call(self, place: str) -> bool | None:
        """Return whether a call matches this pattern; None if the text shows no call of that package."""
        package = place.partition("/")[0]
        if not any(f"/{package}/" in f"/{call}" for call in self.calls):
            return None
        return any(re.search(rf"(?:^|/)(?:{place})$", call) for call in self.calls)


Test = Callable[[Seen], bool]
PrintedTest = Callable[[Pasted], bool | None]
"""The same question, asked of a text; None if the text does not tell."""


class Fit(IntEnum):
    """How well a matcher fits a text: a text does not tell all that an exception does."""

    NO = 0
    PERHAPS = 1
    SURE = 2


@dataclass(frozen=True)
class Matcher:
    """What an error is recognised by. All that is given must fit."""

    types: tuple[str, ...] = ()
    """Names of classes, without their modules, so that nothing must be imported; one of them must fit."""
    message: str = ""
    """A pattern to find in the message."""
    call: str = ""
    """A pattern of a call on the way, `path/of/file.py:function`."""
    test: Test | None = None
    """What no pattern can say."""

    def fits(self, seen: Seen) -> bool:
        """Return whether this is what we look for."""
        return (
            (not self.types or any(each.__name__ in self.types for each in type(seen.error).__mro__))
            and (not self.message or re.search(self.message, seen.text, re.DOTALL) is not None)
            and (not self.call or seen.call(self.call) is not None)
            and (self.test is None or _holds(self.test, seen))
        )

    def fits_text(self, pasted: Pasted, printed: Mapping[Test, PrintedTest]) -> Fit:
        """Return whether this is what we look for, as far as the text tells.

        `printed` knows for a `test` what to ask of a text in its place.
        """
        answers = (
            self._names_fit(pasted.names),
            not self.message or re.search(self.message, pasted.text, re.DOTALL) is not None,
            not self.call or pasted.call(self.call),
            not self.test or (printed[self.test](pasted) if self.test in printed else None),
        )
        if False in answers:
            return Fit.NO
        if None not in answers:
            return Fit.SURE
        # That it is an `AttributeError`, say, or derived from `SQLAlchemyError`, and no more than that, is no
        # reason to think of it.
        own = pasted.names[0] if pasted.names else ""
        more = self.message or (self.call and pasted.call(self.call))
        return Fit.PERHAPS if more or (own in self.types and not hasattr(builtins, own)) else Fit.NO

    def _names_fit(self, names: tuple[str, ...]) -> bool:
        if not names:  # the message alone was pasted
            return self.message != ""
        return not self.types or any(name in self.types for name in names)


@dataclass(frozen=True)
class Entry:
    """One failure: how to recognise it, what to know about it."""

    key: str
    title: str
    happened: str
    why: str
    fix: str
    topic: str
    """What it belongs to, one of `topics.py`; a course says where it treats that (`lookup.tell_where`)."""
    url: str
    """The page of the official documentation."""
    code: str = ""
    """The usual fix as a few lines of code."""
    matchers: tuple[Matcher, ...] = ()
    """Any one of them is enough. Without matchers: nothing is ever raised."""
    notice: str = ""
    """For a failure that can stay silent: how one notices it all the same."""
    rank: int = 0
    """If the matchers of several entries fit the same exception, the highest rank wins.

    Below zero: for when nothing tells more.
    """

    @property
    def silent(self) -> bool:
        """Return whether this can go wrong without an exception."""
        return bool(self.notice)


def _holds(test: Callable[[Seen], bool], seen: Seen) -> bool:
    try:
        return test(seen)
    except Exception:  # noqa: BLE001 (who explains errors must not make any)
        return False


def related(error: BaseException, with_context: bool = True) -> Iterator[Seen]:
    """Return this exception and all that belong to it, the nearest first.

    Those that it wraps (`.orig`, `__cause__`) and the members of an `ExceptionGroup`; `with_context` also
    what was being handled when it was raised.
    """
    waiting, done = deque([Seen(error, _calls(error))]), set()
    while waiting:
        seen = waiting.popleft()
        if id(seen.error) in done:
            continue
        done.add(id(seen.error))
        yield seen
        for inner in (getattr(seen.error, "orig", None), seen.error.__cause__):
            if isinstance(inner, BaseException):
                waiting.append(Seen(inner, seen.calls + _calls(inner)))
        if isinstance(seen.error, BaseExceptionGroup):
            waiting.extend(Seen(member, _calls(member)) for member in seen.error.exceptions)
        # `raise … from None` says that what was being handled does not matter.
        if with_context and seen.error.__context__ is not None and not seen.error.__suppress_context__:
            waiting.append(Seen(seen.error.__context__, _calls(seen.error.__context__)))


def _calls(error: BaseException) -> tuple[TracebackType, ...]:
    calls, call = [], error.__traceback__
    while call is not None:
        calls.append(call)
        call = call.tb_next
    return tuple(calls)


def _place(call: TracebackType) -> str:
    code = call.tb_frame.f_code
    return f"{Path(code.co_filename).as_posix()}:{code.co_name}"
