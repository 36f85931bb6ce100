"""The contract as a list: its behaviours, which methods each of them needs, and the tasks they save.

A behaviour of the contract uses a store's public methods only, so it judges any store in any style.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from todo_lib.lab.checks.behaviour import Behaviour
from todo_lib.models import TaskInput, TaskOutput

BEHAVIOURS: list[Behaviour] = []
NEEDS: dict[Behaviour, frozenset[str]] = {}


def behaviours(*methods: str) -> list[Behaviour]:
    """Return the behaviours that use no other methods than these, in order; all of them without arguments."""
    return [behaviour for behaviour in BEHAVIOURS if not methods or NEEDS[behaviour] <= set(methods)]


def uses(*methods: str) -> Callable[[Behaviour], Behaviour]:
    """Put a behaviour into the contract; it calls these methods of the store and no others."""

    def register(behaviour: Behaviour) -> Behaviour:
        BEHAVIOURS.append(behaviour)
        NEEDS[behaviour] = frozenset(methods)
        return behaviour

    return register


def task_input(name: str = "water the plants", **values: Any) -> TaskInput:
    """Return a task to save, due tomorrow unless said otherwise."""
    defaults: dict[str, Any] = {"priority": 4, "due_date": date.today() + timedelta(days=1), "done": False}
    return TaskInput(name=name, **defaults | values)


def rich_tasks() -> list[TaskInput]:
    """Return tasks that catch what simple data hides: no two columns ever hold the same value."""
    today = date.today()
    return [
        task_input("buy bread", priority=1, due_date=today),
        task_input("buy bread", priority=9, due_date=today, done=True),
        task_input("Prüfung für Zoë – 你好 🎉", priority=3, due_date=date(2028, 2, 29)),
        task_input("x" * 100, priority=7, due_date=date(1999, 12, 31), done=True),
        task_input("100 % of_it / 'done' \\ or not", priority=2, due_date=date(9999, 12, 31)),
        TaskInput(
            name=" spaces around ", priority=5, due_date=today + timedelta(days=365)
        ),  # `done` left out
    ]


def names(tasks: list[TaskOutput]) -> list[str]:
    """Return the tasks' names."""
    return [each.name for each in tasks]
