"""The course: its lessons, the contract of a store, the learner's project.

`%load_ext todo_lib.course` loads it. This is its door: notebooks import from here, and from nowhere inside.
"""

import importlib
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from todo_lib.course.database import new_database, rows
from todo_lib.course.lessons import lesson
from todo_lib.course.migration.workspace import new_workspace
from todo_lib.course.topics import places
from todo_lib.lab.errors.lookup import tell_where
from todo_lib.lab.kernel import extension

__all__ = ["lesson", "new_database", "new_workspace", "rows"]

ON_DEMAND = {
    "contract_everywhere": "contract.every_driver",
    "files_after": "migration.project",
    "preflight": "readiness",
    "run_tests": "migration.run_tests",
    # What one lesson needs.
    "Factory": "lessons.postgresql.reminders",
    "LegacyStore": "lessons.the_synchronous_app.checks",
    "Reminder": "lessons.postgresql.reminders",
    "Task": "lessons.no_hidden_io.subtasks",
    "TaskOutput": "lessons.no_hidden_io.subtasks",
    "Waits": "lessons.was_it_worth_it.race",
    "Wanted": "lessons.better_filters.task_query",
    "ZonedReminder": "lessons.postgresql.reminders",
    "fill": "lessons.no_hidden_io.subtasks",
    "in_two_loops": "lessons.postgresql.reminders",
    "new_factories": "lessons.postgresql.reminders",
    "on_each": "lessons.postgresql.reminders",
    "race": "lessons.was_it_worth_it.race",
    "with_fixture": "lessons.tests_first.checks",
}


def __getattr__(name: str) -> Any:
    """Import what not every lesson needs when it is asked for."""
    if name in ON_DEMAND:
        return getattr(importlib.import_module(f"{__name__}.{ON_DEMAND[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Make a kernel ready for a lesson."""
    tell_where(places())
    extension.load(shell, {"lesson": lesson, "new_workspace": new_workspace})
