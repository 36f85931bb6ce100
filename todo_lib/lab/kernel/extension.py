"""What `%load_ext` does: make a kernel ready for lessons."""

import types
from collections.abc import Mapping
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.core.interactiveshell import InteractiveShell

from todo_lib.lab.blank import BLANK, NAME
from todo_lib.lab.errors.lookup import errors, explain
from todo_lib.lab.kernel import answer_magic, requirements, short_errors
from todo_lib.lab.kernel.watcher import start_watching


def load(shell: InteractiveShell, names: Mapping[str, Any] | None = None) -> None:
    """Start the watcher, show errors short, let `____` stand for what is not written yet; add these names.

    May be called again: after `%reset` that brings the names back.
    """
    start_watching(shell)
    answer_magic.provide(shell)
    requirements.provide(shell)
    short_errors.provide(shell)
    shell.InteractiveTB.set_mode("Minimal")  # `%tb Context` shows the last error in full
    shell.push({NAME: BLANK, "errors": errors, "explain": explain, **(names or {})}, interactive=False)
    assert shell.display_formatter, "a shell shows what a cell returns"
    shell.display_formatter.formatters["text/plain"].for_type(types.CoroutineType, _show_coroutine)
    shell.events.register("pre_run_cell", _may_be_loaded_again)


def _show_coroutine(coroutine: Any, printer: Any, cycle: bool) -> None:
    printer.text(f"a coroutine of {coroutine.__qualname__}(): it has not run")


def _may_be_loaded_again(_: Any) -> None:
    """Let `%load_ext` load anew: to a loaded extension IPython only says that it is."""
    shell = get_ipython()
    manager = shell.extension_manager if shell else None
    assert manager, "it is asked before each cell"
    loaded = manager.loaded
    loaded -= {name for name in loaded if name.partition(".")[0] == __name__.partition(".")[0]}
