"""Where something is, in the words of a notebook: "this cell, line 3"."""

import ast
import linecache
import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import CodeType

from todo_lib.lab import statements
from todo_lib.lab.aio.unawaited import Frame, calls_now

MAGIC = re.compile(
    r"get_ipython\(\)\.run_(?P<kind>line|cell)_magic(?P<arguments>\(.*\))"
)  # what IPython makes of it


@dataclass(frozen=True)
class Place:
    """A line of a notebook cell."""

    file: str
    line: int

    @property
    def code(self) -> str:
        """Return the line's text, as the learner wrote it."""
        code = linecache.getline(self.file, self.line).strip()
        magic = MAGIC.fullmatch(code)
        if magic is None:
            return code
        sign, arguments = "%" if magic["kind"] == "line" else "%%", ast.literal_eval(magic["arguments"])
        return sign + " ".join(map(str, arguments)).strip().replace("\n", "; ")


class Cells:
    """The cells that have run in this kernel."""

    def __init__(self) -> None:
        self._files: set[str] = set()  # the names under which Python knows the cells
        self.current = ""

    def begin(self, file: str) -> None:
        """Note that a cell runs from now on."""
        self._files.add(file)
        self.current = file

    def __contains__(self, file: str) -> bool:
        return file in self._files

    def place(self, frames: Iterable[Frame]) -> Place | None:
        """Return the first of these frames, innermost first, that belongs to a cell."""
        return next((Place(file, line) for file, line in frames if file in self._files), None)

    def running(self) -> Place | None:
        """Return the innermost line of a cell that is running now."""
        return self.place((call.f_code.co_filename, call.f_lineno) for call in calls_now())

    def last_statement(self) -> Place | None:
        """Return where the current cell's last statement begins."""
        body = statements.tree_of(self.current).body
        return Place(self.current, body[-1].lineno) if body else None

    def where(self, place: Place | None, defined: CodeType | None = None) -> str:
        """Return in words where a place is, seen from the cell that runs now; else where code is defined."""
        if place is not None:
            return f"{self._cell(place.file)}, line {place.line}: `{place.code}`"
        if defined is not None and defined.co_filename in self._files:
            definition = Place(defined.co_filename, _line_of_def(defined))
            return f"defined in {self.where(definition)}"
        return "in code outside the notebook"

    def _cell(self, file: str) -> str:
        return "this cell" if file == self.current else "an earlier cell"


def _line_of_def(code: CodeType) -> int:
    """Return the line of `def`: Python counts a function from its first decorator."""
    line = code.co_firstlineno
    while linecache.getline(code.co_filename, line).lstrip().startswith("@"):
        line += 1
    return line
