"""Draw a timeline: one row per task, time from left to right, and who has the event loop.

Three things are told apart by pattern as well as by colour (Okabe and Ito's, safe for colour-blind readers).
The background is opaque white, so the picture is the same on a light and on a dark page.
"""

import base64
import io
import logging
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from todo_lib.lab.aio.timeline import Row, Timeline

WIDTH, FRAME_HEIGHT = 8.6, 1.25  # inches
ROW_HEIGHT, MANY, LOW_ROW_HEIGHT = 0.5, 10, 0.27  # inches; more than so many rows are lower
DPI, SHARPNESS = 100, 2  # pixels per inch on the page; image pixels per pixel on the page
COLOURS = 64
RESOLUTION = 0.03  # parts of the whole time: turns closer together than this are one
THINNEST = 0.006  # parts of the whole time: the least width at which a turn can be seen
ROOM_FOR_WORDS = 0.2  # parts of the whole time: a blocked stretch longer than this says "blocks"
BAR = 0.62  # height of a bar, in rows

INK, GRID = "#1a1a1a", "#d0d0d0"
RUNS: dict[str, Any] = {"facecolor": "#0072B2", "edgecolor": "#0072B2", "linewidth": 0}
WAITS: dict[str, Any] = {"facecolor": "#f4f4f4", "edgecolor": "#949494", "hatch": "///", "linewidth": 0.8}
BLOCKS: dict[str, Any] = {"facecolor": "#D55E00", "edgecolor": "#ffffff", "hatch": "xxx", "linewidth": 0}
BLOCKED_OTHERS: dict[str, Any] = {"facecolor": "#D55E00", "alpha": 0.13, "linewidth": 0}

ENDINGS = {
    "ends": "✓ ends",
    "fails": "✗ fails: {error}",
    "is cancelled": "– is cancelled",
    "": "… has not ended",
}


def picture(line: "Timeline") -> tuple[str, dict[str, Any]]:
    """Return the picture as PNG in base64, and what a page should know of it: width, height, words for it."""
    rows = len(line.rows)
    height = FRAME_HEIGHT + rows * (ROW_HEIGHT if rows <= MANY else LOW_ROW_HEIGHT)
    with own_settings(), io.BytesIO() as file:
        from matplotlib.figure import Figure  # noqa: PLC0415 (heavy, and only needed here)

        # No pyplot: the figure is nobody else's.
        size: dict[str, Any] = {"figsize": (WIDTH, height), "dpi": DPI * SHARPNESS}
        figure = Figure(**size, facecolor="white", layout="constrained")
        _draw(figure.add_subplot(facecolor="white"), line)
        figure.savefig(file, format="png")
        png = base64.b64encode(with_few_colours(file)).decode("ascii")
    alt = f"The event loop, one row per task, in the order of events. {'; '.join(line.text.splitlines())}."
    return png, {"width": round(WIDTH * DPI), "height": round(height * DPI), "alt": alt}


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw by matplotlib's defaults, whatever style a learner has set; be silent about the font cache."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)  # at its first use, matplotlib says that it looks for fonts
    try:
        import matplotlib  # noqa: PLC0415 (as above)

        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update({"hatch.linewidth": 0.8, "text.parse_math": False})
            yield
    finally:
        logger.setLevel(level)


def with_few_colours(file: io.BytesIO) -> bytes:
    """Return a third of the bytes for the same picture: a notebook keeps all of its pictures."""
    from PIL import Image  # noqa: PLC0415 (as above)

    with Image.open(file) as image, io.BytesIO() as smaller:
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(smaller, "png", optimize=True)
        return smaller.getvalue()


def _draw(axes: "Axes", line: "Timeline") -> None:
    names = line.names
    # The picture begins with the first turn: before, the loop was busy with other things.
    begin = min((row.steps[0][0] for row in line.rows if row.steps), default=0.0)
    end = max(line.length if row.ended is None else row.ended for row in line.rows)
    whole = max(end - begin, 1e-6)
    scale, unit = (1, "seconds") if whole >= 2 else (1000, "milliseconds")
    turns, blocking = _turns(line, whole * RESOLUTION), []
    for position, row in enumerate(line.rows):
        until = end if row.ended is None else row.ended
        left = min(max(row.created, begin), until)
        axes.barh(position, (until - left) * scale, left=(left - begin) * scale, height=BAR, **WAITS)
        for start, stop in turns[row]:
            is_blocking = stop - start > line.blocked
            width = max(stop - start, whole * THINNEST)
            left = min(start, end - width) if stop >= end else start
            style = BLOCKS if is_blocking else RUNS
            axes.barh(position, width * scale, left=(left - begin) * scale, height=BAR, **style)
            if is_blocking:
                blocking.append((position, start, stop))
        ending = ENDINGS[row.ending].format(error=row.error)
        axes.text((until - begin + whole * 0.012) * scale, position, ending, va="center", color=INK)
    for position, start, stop in blocking:
        axes.axvspan((start - begin) * scale, (stop - begin) * scale, zorder=0, **BLOCKED_OTHERS)
        words = f"{(stop - start) * 1000:.0f} ms"
        if stop - start > whole * ROOM_FOR_WORDS:
            words = f"blocks {words}"
        box = {"facecolor": "white", "edgecolor": "#D55E00", "boxstyle": "round,pad=0.25"}
        axes.text(
            ((start + stop) / 2 - begin) * scale, position, words, ha="center", va="center", color=INK,
            fontweight="bold", bbox=box,
        )  # fmt: skip
    axes.set_yticks(range(len(line.rows)), [names[row] for row in line.rows], fontsize=11)
    axes.set_ylim(len(line.rows) - 0.4, -0.6)  # the first task on top
    axes.set_xlim(-0.005 * whole * scale, whole * scale * 1.2)
    axes.set_xlabel(f"time in {unit}", color=INK)
    axes.tick_params(colors=INK, length=0, axis="y")
    axes.tick_params(colors=INK, axis="x")
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    _explain(axes, bool(blocking))


def _explain(axes: "Axes", blocking: bool) -> None:
    from matplotlib.patches import Patch  # noqa: PLC0415 (as above)

    patches = [Patch(label="runs", **RUNS), Patch(label="waits", **WAITS)]
    if blocking:
        patches.append(Patch(label="blocks: no other task can run", **BLOCKS))
    axes.legend(
        handles=patches, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, labelcolor=INK,
        handlelength=2.4, handleheight=1.1, borderaxespad=0.2,
    )  # fmt: skip


def _turns(line: "Timeline", resolution: float) -> dict["Row", list[tuple[float, float]]]:
    """Return when each row is shown running, as (start, stop).

    Turns with less than `resolution` seconds between them cannot be told apart. They become one if the task
    ran for most of the time and no other task came in between; or else only the first of them is shown. The
    last turn of a task is always shown.
    """
    starts = sorted(start for row in line.rows for start, _ in row.steps)
    shown: dict[Row, list[tuple[float, float]]] = {}
    for row in line.rows:
        turns: list[tuple[float, float]] = []
        for start, stop in row.steps:
            gap = start - turns[-1][1] if turns else resolution
            if gap >= resolution:
                turns.append((start, stop))
            elif gap <= stop - start and starts[bisect_left(starts, turns[-1][1])] == start:
                turns[-1] = (turns[-1][0], stop)
            elif stop - start >= resolution:
                turns.append((start, stop))
        if row.ended is not None and row.steps and turns[-1][1] < row.ended:
            turns.append(row.steps[-1])
        shown[row] = turns
    return shown
