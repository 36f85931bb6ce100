"""The course: its lessons, the contract of a store, the learner's project.

`%load_ext todo_lib.course` loads it. This is its door: notebooks import from here, and from nowhere inside.
"""

import importlib
from typing import TYPE_CHECKING, Any

from todo_lib.course.readiness import NotReadyError, told_plainly

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["NotReadyError", "lesson", "new_database", "new_workspace", "preflight", "rows"]

ON_DEMAND = {
    "contract_everywhere": "contract.every_driver",
    "files_after": "migration.project",
    "lesson": "lessons",
    "new_database": "database",
    "new_workspace": "migration.workspace",
    "preflight": "readiness",
    "rows": "database",
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
    """Import a name when it is asked for: `preflight` comes before anything that may be missing."""
    if name in ON_DEMAND:
        return getattr(importlib.import_module(f"{__name__}.{ON_DEMAND[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Make a kernel ready for a lesson. Raise `NotReadyError` if a package is missing: it names the fix."""
    with told_plainly():
        from todo_lib.course.lessons import lesson  # noqa: PLC0415
        from todo_lib.course.migration.workspace import new_workspace  # noqa: PLC0415
        from todo_lib.course.topics import places  # noqa: PLC0415
        from todo_lib.lab.errors.lookup import tell_where  # noqa: PLC0415
        from todo_lib.lab.kernel import extension  # noqa: PLC0415
    tell_where(places())
    extension.load(shell, {"lesson": lesson, "new_workspace": new_workspace})
