"""A cell whose first line is `# needs PostgreSQL` is skipped, and says so, as long as there is no server."""

import re

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from todo_lib.lab.messages import Note

FIRST_LINE = re.compile(r"# needs (\w+)\s*$")
HOW = {"PostgreSQL": "`await start_postgres()`, in the set-up cell, starts it or says what is missing."}

here: set[str] = set()
"""What this kernel has, by the names in `HOW`."""


def provide(shell: InteractiveShell) -> None:
    """Let this kernel skip the cells whose need is not met. The text of all others stays as it is."""
    if _skip not in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.append(_skip)


def _skip(lines: list[str]) -> list[str]:
    need = FIRST_LINE.match(lines[0]) if lines else None
    if need and need[1] in HOW and need[1] not in here:
        return [f"__import__({__name__!r}, fromlist=['skipped']).skipped({need[1]!r})\n"]
    return lines


def skipped(need: str) -> None:
    """Say that a cell did not run, and why."""
    display(Note("?", f"skipped: this cell needs {need}", (HOW[need],)))
