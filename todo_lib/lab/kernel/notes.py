"""What the watcher says below a cell: one note for each line, and not too many."""

from collections import Counter

from IPython.display import display

from todo_lib.lab.messages import Note

MOST = 10  # notes below a cell


class Notes:
    """Collects what there is to say of a cell, and shows it at the end."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], tuple[str, ...]] = {}
        self._counts: dict[tuple[str, str], Counter[str]] = {}

    def add(self, kind: str, where: str, what: str, *lines: str, count: int = 1) -> bool:
        """Say this of a line. Return False if it has its note already.

        Then only what the note is about is counted: `wait_for(work())` loses two coroutines by one mistake.
        """
        is_new = (kind, where) not in self._lines
        self._lines.setdefault((kind, where), lines)
        self._counts.setdefault((kind, where), Counter())[what] += count
        return is_new

    def show(self) -> None:
        """Show the notes, the first ones if there are many, and begin anew."""
        for (kind, where), lines in list(self._lines.items())[:MOST]:
            count = next(iter(self._counts[kind, where].values()))
            times = f" ({count} times)" if count > 1 else ""
            display(Note("!", kind, (f"{where}{times}", *lines)))
        more = len(self._lines) - MOST
        if more > 0:
            display(Note("!", f"and {more} more", (f"Notes are left out after {MOST}: mend these first.",)))
        self._lines, self._counts = {}, {}
