"""Cells that failed before they defined what they should: the kernel still holds the earlier version."""

import re
from typing import Any

DEFINED = re.compile(r"^(?:(?:async\s+)?def|class)\s+(\w+)|^(\w+)\s*=[^=]", re.MULTILINE)


class FailedCells:
    """What is out of date because the last run of its cell failed."""

    def __init__(self) -> None:
        self._before: dict[str, Any] = {}
        self._out_of_date: dict[str, tuple[Any, str]] = {}

    def begin(self, source: str, names: dict[str, Any]) -> None:
        """Note what the kernel holds of the names that a cell is going to define."""
        defined = [first or second for first, second in DEFINED.findall(source)]
        self._before = {name: names.get(name) for name in defined}

    def end(self, error: BaseException | None, line: int | None, names: dict[str, Any]) -> None:
        """Note which of these names the cell has left alone because of an error."""
        for name, before in self._before.items():
            self._out_of_date.pop(name, None)
            if error is not None and before is not None and names.get(name) is before:
                where = f", line {line}" if line else ""
                what = f"The cell of `{name}` did not run: {type(error).__name__}{where}."
                self._out_of_date[name] = before, what
        self._before = {}

    def why_out_of_date(self, answer: Any) -> str:
        """Return a sentence if this object should have been replaced by a cell that failed; else ""."""
        return next((what for kept, what in self._out_of_date.values() if kept is answer), "")
