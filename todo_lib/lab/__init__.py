"""A teaching lab for asynchronous notebooks: checks, hints, a watcher, measurements. It knows no course.

This is its door: notebooks import from here, and from nowhere inside.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

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
    "code_of": "messages",
    "count_queries": "db.queries",
    "database": "db.postgres",
    "diff": "messages",
    "errors": "errors.lookup",
    "expect_error": "errors.expected",
    "explain": "errors.lookup",
    "open_things": "kernel.watcher",
    "pool_status": "db.queries",
    "serve": "server",
    "stall_meter": "aio.measure",
    "start_postgres": "db.postgres",
    "timed": "aio.measure",
    "timeline": "aio.timeline",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for.

    Few lessons need a web server; and who only wants to know what is missing may have no SQLAlchemy.
    """
    if name in ON_DEMAND:
        return getattr(importlib.import_module(f"{__name__}.{ON_DEMAND[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class _Door(ModuleType):
    """Gives the function `errors`, where the import system would put the package of that name."""

    @property
    def errors(self) -> Any:
        return __getattr__("errors")

    @errors.setter
    def errors(self, package: ModuleType) -> None:
        pass


sys.modules[__name__].__class__ = _Door


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Make a kernel ready: `%load_ext todo_lib.lab`."""
    from todo_lib.lab.kernel.extension import load  # noqa: PLC0415

    load(shell)
