"""What the notebooks import to teach. `%load_ext todo_lib.lab` makes a kernel ready for a lesson."""

import importlib
import types
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from todo_lib.lab import answer, needs
from todo_lib.lab.blank import BLANK, NAME
from todo_lib.lab.errors import errors, explain
from todo_lib.lab.exercise import lesson
from todo_lib.lab.expect import expect_error
from todo_lib.lab.measure import stall_meter, timed
from todo_lib.lab.preflight import preflight
from todo_lib.lab.queries import count_queries, pool_status
from todo_lib.lab.scratch import new_database, rows
from todo_lib.lab.show import code_of, diff
from todo_lib.lab.testing import run_tests
from todo_lib.lab.timeline import timeline
from todo_lib.lab.watch import open_things, start_watching
from todo_lib.lab.workspace import new_workspace

__all__ = [
    "code_of",
    "count_queries",
    "diff",
    "errors",
    "expect_error",
    "explain",
    "lesson",
    "new_database",
    "new_workspace",
    "open_things",
    "pool_status",
    "preflight",
    "rows",
    "run_tests",
    "serve",
    "stall_meter",
    "start_postgres",
    "timed",
    "timeline",
]


ON_DEMAND = {"serve": "todo_lib.lab.server", "start_postgres": "todo_lib.lab.postgres"}


def __getattr__(name: str) -> Any:
    """Import what few lessons need when it is asked for: a web server and its client cost a third of a second."""
    if name in ON_DEMAND:
        return getattr(importlib.import_module(ON_DEMAND[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Start the watcher, show errors short, let `____` stand for what is not written yet."""
    start_watching(shell)
    answer.provide(shell)
    needs.provide(shell)
    shell.InteractiveTB.set_mode("Minimal")  # `%tb Context` shows the last error in full
    shell.push(
        {NAME: BLANK, "errors": errors, "explain": explain, "lesson": lesson, "new_workspace": new_workspace},
        interactive=False,
    )
    for formatter in (shell.display_formatter.formatters["text/plain"],):
        formatter.for_type(types.CoroutineType, _show_coroutine)


def _show_coroutine(coroutine: Any, printer: Any, cycle: bool) -> None:
    printer.text(f"a coroutine of {coroutine.__qualname__}(): it has not run")
