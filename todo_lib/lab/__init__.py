"""A teaching lab for asynchronous notebooks: checks, hints, a watcher, measurements. It knows no course.

This is its door: notebooks import from here, and from nowhere inside.
"""

import importlib
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from todo_lib.lab.aio.measure import stall_meter, timed
from todo_lib.lab.aio.timeline import timeline
from todo_lib.lab.db.queries import count_queries, pool_status
from todo_lib.lab.errors.expected import expect_error
from todo_lib.lab.errors.lookup import errors, explain
from todo_lib.lab.kernel.extension import load
from todo_lib.lab.kernel.watcher import open_things
from todo_lib.lab.messages import code_of, diff

__all__ = [
    "code_of",
    "count_queries",
    "database",
    "diff",
    "errors",
    "expect_error",
    "explain",
    "open_things",
    "pool_status",
    "serve",
    "stall_meter",
    "start_postgres",
    "timed",
    "timeline",
]

ON_DEMAND = {
    "database": "todo_lib.lab.db.postgres",
    "serve": "todo_lib.lab.server",
    "start_postgres": "todo_lib.lab.db.postgres",
}


def __getattr__(name: str) -> Any:
    """Import what few lessons need when it is asked for.

    A web server and its client cost a third of a second.
    """
    if name in ON_DEMAND:
        return getattr(importlib.import_module(ON_DEMAND[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Make a kernel ready: `%load_ext todo_lib.lab`."""
    load(shell)
