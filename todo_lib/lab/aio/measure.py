"""Measure what async code does: how long it takes, and how long it stops the event loop.

Numbers that differ from run to run are there to be compared (`a.median < b.median`). A notebook whose outputs
must be the same in every run shows such a comparison, or a meter's `note`.
"""

import asyncio
import inspect
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Self

from todo_lib.lab.blank import Blank
from todo_lib.lab.messages import Note

TICK = 0.001  # seconds between two looks at the event loop
BLOCKED = 0.1  # seconds without giving the loop back that count as blocking it, as in asyncio's debug mode


@dataclass(frozen=True, repr=False)
class Timing:
    """How long each run took, in seconds, in the order of the runs. Shows itself in milliseconds."""

    times: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the seconds of the run in the middle: half of the runs were faster."""
        return statistics.median(self.times)

    @property
    def note(self) -> Note:
        """Return what is shown. Its numbers differ from run to run."""
        runs = f"{len(self.times)} runs" if len(self.times) > 1 else "1 run"
        spread = f"from {_milliseconds(min(self.times))} to {_milliseconds(max(self.times))}"
        return Note("·", f"median {_milliseconds(self.median)}", (f"{spread}, {runs}",))

    def __repr__(self) -> str:
        return repr(self.note)

    def _repr_html_(self) -> str:
        return self.note._repr_html_()


async def timed(function: Callable[[], Any] | Blank, repeat: int = 5) -> Timing | Blank:
    """Run `function()` as often as `repeat` says, one run after the other; return how long each took.

        await timed(lambda: store.get(1))

    `function` takes no arguments. If it returns something to await, that is awaited within the time.
    (IPython's %%time and %timeit reject a top-level `await`.) Whatever `function` raises is raised. Raise
    `TypeError` for a coroutine in its place, and `ValueError` for less than one run.
    """
    if isinstance(function, Blank):
        return function
    if inspect.isawaitable(function):
        name = getattr(function, "__name__", "work")
        if asyncio.iscoroutine(function):
            function.close()  # it is refused: Python need not warn that nobody awaited it
        raise TypeError(
            "timed() runs a function several times, and a coroutine can be awaited only once. "
            f"Put `lambda:` in front of the call: await timed(lambda: {name}(…))"
        )
    if not callable(function):
        raise TypeError(f"timed() needs a function without arguments, not: {function!r}")
    if repeat < 1:
        raise ValueError(f"repeat must be at least 1, not {repeat}")
    times = []
    for _ in range(repeat):
        started = perf_counter()
        result = function()
        if inspect.isawaitable(result):
            await result
        times.append(perf_counter() - started)
    return Timing(tuple(times))


@dataclass(repr=False)
class StallMeter:
    """How long the event loop stood still while a block ran: see `stall_meter`."""

    limit: float = BLOCKED
    longest: float = 0.0
    """Seconds of the longest time in which the loop gave nobody a turn; at most one `TICK` too low."""

    async def __aenter__(self) -> Self:
        self.longest = 0.0
        self._expect_next_tick()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._next.cancel()
        self._look()  # if the block never gave the loop back, no tick has come yet

    def _expect_next_tick(self) -> None:
        # A timer, not a task: nothing has to be awaited at the end, whatever happens in the block.
        self._due = perf_counter() + TICK
        self._next = asyncio.get_running_loop().call_later(TICK, self._tick)

    def _tick(self) -> None:
        self._look()
        self._expect_next_tick()

    def _look(self) -> None:
        self.longest = max(self.longest, perf_counter() - self._due)

    @property
    def stalled(self) -> bool:
        """Return whether the loop stood still for longer than the limit."""
        return self.longest > self.limit

    @property
    def note(self) -> Note:
        """Return what to show when the output must be the same in every run: over the limit, or not."""
        limit = f"{self.limit * 1000:.0f} ms"
        if self.stalled:
            lines = (f"For more than {limit} no other task could run.",)
            return Note("!", "the event loop was blocked", lines)
        return Note("✓", "the event loop kept running", (f"No task had to wait {limit} for its turn.",))

    def __repr__(self) -> str:
        return repr(self._measured)

    def _repr_html_(self) -> str:
        return self._measured._repr_html_()

    @property
    def _measured(self) -> Note:
        longest = f"The longest time in which no other task could run: {_milliseconds(self.longest)}."
        return Note(self.note.mark, self.note.title, (longest,))


def stall_meter(limit: float = BLOCKED) -> StallMeter:
    """Measure for how long a block stops the event loop, the block's own code included.

        async with stall_meter() as stall:
            await work()
        stall.longest  # seconds

    `stall` shows itself with its number; `stall.note` says only whether it was longer than `limit` seconds.
    """
    return StallMeter(limit)


def _milliseconds(seconds: float) -> str:
    value = seconds * 1000
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3}f} ms"
