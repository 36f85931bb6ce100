"""What a behaviour is, and what all of them use.

A behaviour is an async function of a `Bench`. Its docstring is the sentence a learner reads. It returns
nothing when the promise holds and raises `Broken` when not; anything else raised comes from the store.
It uses the store's public methods only, so it judges any store in any style.
"""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from todo_lib.lab.bench import Bench
from todo_lib.models import TaskInput, TaskOutput

Behaviour = Callable[[Bench], Awaitable[None]]

BEHAVIOURS: list[Behaviour] = []
NEEDS: dict[Behaviour, frozenset[str]] = {}


class Broken(AssertionError):
    """A promise that does not hold: what was `tried`, what was `expected`, what was `seen`."""

    def __init__(self, tried: str, expected: object, seen: object) -> None:
        super().__init__(f"{tried}: expected {expected!r}, saw {seen!r}")
        self.tried, self.expected, self.seen = tried, expected, seen


class Words(str):
    """What is expected or seen, in words: shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def behaviours(*methods: str) -> list[Behaviour]:
    """Return the behaviours that use no other methods than these, in order; all of them without arguments."""
    return [behaviour for behaviour in BEHAVIOURS if not methods or NEEDS[behaviour] <= set(methods)]


def sentence(behaviour: Behaviour) -> str:
    """Return a behaviour's promise, as a learner reads it."""
    return (behaviour.__doc__ or "").splitlines()[0]


def uses(*methods: str) -> Callable[[Behaviour], Behaviour]:
    """Put a behaviour into the contract; it calls these methods of the store and no others."""

    def register(behaviour: Behaviour) -> Behaviour:
        BEHAVIOURS.append(behaviour)
        NEEDS[behaviour] = frozenset(methods)
        return behaviour

    return register


def expect(tried: str, expected: object, seen: object, before: object = None) -> None:
    """Raise `Broken` unless `seen` equals `expected`.

    What is still as it was `before` the call is said to be so; likewise a list in another order.
    """
    if type(seen) is type(expected) and seen == expected:
        return
    if before is not None and seen == before:
        seen = Words(f"as before: {seen!r}")
    elif isinstance(seen, list) and isinstance(expected, list) and _sorted(seen) == _sorted(expected):
        seen = Words(f"the same, in another order: {seen!r}")
    raise Broken(tried, expected, seen)


def _sorted(values: list[Any]) -> list[str]:
    return sorted(map(repr, values))


def task(name: str = "water the plants", **values: Any) -> TaskInput:
    """Return a task to save, due tomorrow unless said otherwise."""
    defaults = {"priority": 4, "due_date": date.today() + timedelta(days=1), "done": False}
    return TaskInput(name=name, **defaults | values)


def rich_tasks() -> list[TaskInput]:
    """Return tasks that catch what simple data hides: no two columns ever hold the same value."""
    today = date.today()
    return [
        task("buy bread", priority=1, due_date=today),
        task("buy bread", priority=9, due_date=today, done=True),
        task("Prüfung für Zoë – 你好 🎉", priority=3, due_date=date(2028, 2, 29)),
        task("x" * 100, priority=7, due_date=date(1999, 12, 31), done=True),
        task("100 % of_it / 'done' \\ or not", priority=2, due_date=date(9999, 12, 31)),
        TaskInput(
            name=" spaces around ", priority=5, due_date=today + timedelta(days=365)
        ),  # `done` left out
    ]


def names(tasks: list[TaskOutput]) -> list[str]:
    """Return the tasks' names."""
    return [each.name for each in tasks]
