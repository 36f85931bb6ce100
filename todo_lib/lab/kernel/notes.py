"""What the watcher says below a cell: one note for each line, and not too many."""

from IPython.display import display

from todo_lib.lab.messages import Note

MOST = 10  # notes below a cell


class Notes:
    """Collects what there is to say of a cell, and shows it at the end."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], tuple[str, ...]] = {}
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, kind: str, where: str, *lines: str, count: int = 1) -> bool:
        """Say this of a line. Return False if it was said already; then it only counts."""
        self._counts[kind, where] = self._counts.get((kind, where), 0) + count
        if (kind, where) in self._lines:
            return False
        self._lines[kind, where] = lines
        return True

    def show(self) -> None:
        """Show the notes, the first ones if there are many, and begin anew."""
        for (kind, where), lines in list(self._lines.items())[:MOST]:
            count = self._counts[kind, where]
            times = f" ({count} times)" if count > 1 else ""
            display(Note("!", kind, (f"{where}{times}", *lines)))
        more = len(self._lines) - MOST
        if more > 0:
            display(Note("!", f"and {more} more", (f"Notes are left out after {MOST}: mend these first.",)))
        self._lines, self._counts = {}, {}
