"""What `%load_ext` does: make a kernel ready for lessons."""

import types
from collections.abc import Mapping
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from todo_lib.lab.blank import BLANK, NAME
from todo_lib.lab.errors.lookup import errors, explain
from todo_lib.lab.kernel import answer_magic, requirements
from todo_lib.lab.kernel.watcher import start_watching


def load(shell: InteractiveShell, names: Mapping[str, Any] | None = None) -> None:
    """Start the watcher, show errors short, let `____` stand for what is not written yet; add these names."""
    start_watching(shell)
    answer_magic.provide(shell)
    requirements.provide(shell)
    shell.InteractiveTB.set_mode("Minimal")  # `%tb Context` shows the last error in full
    shell.push({NAME: BLANK, "errors": errors, "explain": explain, **(names or {})}, interactive=False)
    assert shell.display_formatter, "a shell shows what a cell returns"
    shell.display_formatter.formatters["text/plain"].for_type(types.CoroutineType, _show_coroutine)


def _show_coroutine(coroutine: Any, printer: Any, cycle: bool) -> None:
    printer.text(f"a coroutine of {coroutine.__qualname__}(): it has not run")
