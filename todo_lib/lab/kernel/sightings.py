"""The un-awaited coroutines of a cell: counted by the line that made them, each told of once."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from todo_lib.lab.aio.unawaited import Unawaited, calls_now, listen, pass_on
from todo_lib.lab.kernel.cells import Cells, Place

# Python pays for each frame that it notes of each coroutine, also of those that are awaited. Two are the
# learner's line and, if a library made it there, that library's; what runs at the moment tells the rest.
DEPTH = 2


@dataclass
class Sighting:
    """Coroutines that the same line made and that were thrown away before they ran."""

    unawaited: Unawaited
    place: Place | None
    """The line of a cell that made them, if that is certain."""
    running: Place | None
    """The line of a cell that ran when the first of them was thrown away."""
    count: int = 1


class Sightings:
    """Listens, from `start` on. What it hears is kept until somebody takes it."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._seen: dict[tuple[Any, ...], Sighting] = {}
        self._told: dict[int, object] = {}

    def start(self) -> None:
        """Listen from now on."""
        self._pass_on = pass_on()
        listen(self._heard)

    def begin(self) -> None:
        """Let Python note where coroutines are made, in the thread of the cell that begins."""
        sys.set_coroutine_origin_tracking_depth(max(DEPTH, sys.get_coroutine_origin_tracking_depth()))

    def mark_told(self, coroutine: Any) -> None:
        """Note that the learner knows of this coroutine: nothing is said when it is thrown away."""
        where, what = _identity(coroutine)
        self._told[where] = what

    def take(self) -> Iterator[Sighting]:
        """Return what was heard since the last time."""
        seen, self._seen = self._seen, {}
        return (each for each in list(seen.values()) if not each.unawaited.is_the_drivers)

    def _heard(self, coroutine: Any) -> None:
        if not self._was_told(coroutine):
            key = coroutine.__qualname__, coroutine.cr_code, coroutine.cr_origin
            sighting = self._seen.get(key)
            if sighting is None:
                self._seen[key] = self._first(Unawaited.of(coroutine))
            else:
                sighting.count += 1
        self._pass_on(coroutine)

    def _was_told(self, coroutine: Any) -> bool:
        if not self._told:
            return False
        where, what = _identity(coroutine)
        if self._told.get(where) is not what:
            return False
        del self._told[where]
        return True

    def _first(self, unawaited: Unawaited) -> Sighting:
        made, running = self._cells.place(unawaited.frames), self._cells.running()
        if made is None and unawaited.origin:
            file, _, function = unawaited.origin[-1]
            calls = (call.f_code for call in calls_now())
            if any(call.co_filename == file and call.co_name == function for call in calls):
                made = running  # the call that made it still runs, and was called from there
        return Sighting(unawaited, made, running)


def _identity(coroutine: Any) -> tuple[int, object]:
    """Return what tells a coroutine from others and does not keep it alive: its origin is its own."""
    if coroutine.cr_origin:
        return id(coroutine.cr_origin), coroutine.cr_origin
    return id(coroutine), coroutine.cr_code
