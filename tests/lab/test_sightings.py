"""What the watcher does for each of many coroutines: as little as can be, so that a cell is not slowed down.

Counted, not timed: `tests/bench/watcher.py` measures.
"""

import linecache
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from todo_lib.lab.aio.unawaited import stop_listening
from todo_lib.lab.kernel.cells import Cells
from todo_lib.lab.kernel.sightings import DEPTH, Sightings

MANY = 20_000


class CountingCells(Cells):
    """Cells that count how often they are searched for the line that is running."""

    def __init__(self) -> None:
        super().__init__()
        self.searches = 0

    def running(self) -> None:
        """Count."""
        self.searches += 1


@contextmanager
def listening(cells: Cells) -> Iterator[Sightings]:
    """Listen to un-awaited coroutines as the watcher does."""
    depth = sys.get_coroutine_origin_tracking_depth()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sightings = Sightings(cells)
        sightings.start()
        sightings.begin()
        try:
            yield sightings
        finally:
            stop_listening(sightings._heard)
            sys.set_coroutine_origin_tracking_depth(depth)


async def work() -> None:
    """Do nothing."""


def test_a_line_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many coroutines it throws away. No source is read, no warning is written."""
    cells, read, written = CountingCells(), [], []
    monkeypatch.setattr(linecache, "getline", lambda *args: read.append(args) or "")
    monkeypatch.setattr(warnings, "warn", lambda *args, **kwargs: written.append(args))
    with listening(cells) as sightings:
        for _ in range(MANY):
            work()
    (seen,) = sightings.take()
    assert (seen.count, seen.unawaited.name) == (MANY, "work")
    assert cells.searches == 1
    assert read == written == []


def test_few_frames_are_noted() -> None:
    """Python walks them for each coroutine, also for those that are awaited."""
    with listening(Cells()):
        kept = work()
        assert len(kept.cr_origin) == DEPTH <= 2
        kept.close()


def test_what_was_told_is_told_once() -> None:
    """Also if a later coroutine gets the same address in memory."""
    with listening(Cells()) as sightings:
        for _ in range(10):
            told = work()
            sightings.mark_told(told)
            del told
            work()
    assert sum(seen.count for seen in sightings.take()) == 10


def test_told_and_then_awaited() -> None:
    """The next one on that line is news, whatever its address."""
    with listening(Cells()) as sightings:
        for is_told in (True, False):
            coroutine = work()
            if is_told:
                sightings.mark_told(coroutine)
                with pytest.raises(StopIteration):
                    coroutine.send(None)
            del coroutine
    (seen,) = sightings.take()
    assert seen.count == 1
