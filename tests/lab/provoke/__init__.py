"""Every failure of the catalogue, made to happen for real: never by raising an exception by hand.

A provoker is a function with `@provokes("the-key-of-the-entry")`. It is given a `Sandbox` and

* lets the exception or the warning out, or
* returns it, if something must be cleaned up first, or
* returns `Elsewhere`: what another process has printed, and the key that `find` gave there, or
* returns None, after it has asserted that something went wrong without any error.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Provoker:
    """One way to make the failure of one entry happen."""

    key: str
    run: Callable[..., Any]

    def __str__(self) -> str:
        return f"{self.key}-{self.run.__name__}"


@dataclass(frozen=True)
class Elsewhere:
    """What happened in another process."""

    key: str
    printed: str


PROVOKERS: list[Provoker] = []
"""Each one defined so far; importing the modules of this package fills it."""


def provokes(key: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a provoker of the entry with this key. An entry may have several."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        PROVOKERS.append(Provoker(key, function))
        return function

    return register
