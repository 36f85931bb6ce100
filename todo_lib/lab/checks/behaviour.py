"""What a check asks of an answer: one promise, and how a promise that does not hold is told.

A behaviour is an async function of what is judged. Its docstring is the sentence a
learner reads. It returns nothing when the promise holds and raises `BrokenPromise` when
not; anything else raised comes from the answer.
"""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Behaviour = Callable[[Any], Coroutine[Any, Any, None]]
"""A promise that can be tried on something: on an answer, or on a harness around it."""

B = TypeVar("B", bound=Callable[..., Any])

_causes: dict[Callable[..., Any], str] = {}


class BrokenPromise(AssertionError):
    """A promise that does not hold: what was `tried`, what was `expected`, what was `seen`.

    `cause` and `promise`: for what is asked of every answer, whatever behaviour finds it out.
    """

    def __init__(
        self, tried: str, expected: object, seen: object, cause: str = "", promise: str = ""
    ) -> None:
        super().__init__(f"{tried}: expected {expected!r}, saw {seen!r}")
        self.tried, self.expected, self.seen = tried, expected, seen
        self.cause, self.promise = cause, promise


class Words(str):
    """What is expected or seen, in words: shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def sentence(behaviour: Behaviour) -> str:
    """Return a behaviour's promise, as a learner reads it."""
    return (behaviour.__doc__ or "").splitlines()[0]


def fails_as(cause: str) -> Callable[[B], B]:
    """Declare what it means when this behaviour does not hold: the cause that the verdict names."""

    def declare(behaviour: B) -> B:
        _causes[behaviour] = cause
        return behaviour

    return declare


def declared_cause(behaviour: Behaviour) -> str:
    """Return the cause that a behaviour declares, or ""."""
    return _causes.get(behaviour, "")


def require_equal(tried: str, expected: object, seen: object, before: object = None) -> None:
    """Raise `BrokenPromise` unless `seen` equals `expected`.

    What is still as it was `before` the call is said to be so; likewise a list in another order.
    """
    if type(seen) is type(expected) and seen == expected:
        return
    if before is not None and seen == before:
        seen = Words(f"as before: {seen!r}")
    elif isinstance(seen, list) and isinstance(expected, list) and _sorted(seen) == _sorted(expected):
        seen = Words(f"the same, in another order: {seen!r}")
    raise BrokenPromise(tried, expected, seen)


def _sorted(values: list[Any]) -> list[str]:
    return sorted(map(repr, values))
