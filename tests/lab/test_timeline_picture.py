"""What a timeline shows: the picture, and the words that say the same."""

import asyncio
import base64
import io

import matplotlib
import matplotlib.style
import pytest
from PIL import Image

from tests.lab.test_timeline import block, fail, wait
from todo_lib.lab.aio.timeline import Row, Timeline, timeline
from todo_lib.lab.aio.timeline_picture import _turns, picture

ORANGE = (213, 94, 0)


def drawn(line: Timeline) -> Image.Image:
    """Return the picture as one sees it."""
    png, metadata = picture(line)
    image = Image.open(io.BytesIO(base64.b64decode(png)))
    assert image.format == "PNG"
    assert (image.width, image.height) == (metadata["width"] * 2, metadata["height"] * 2), (
        "sharp on any screen"
    )
    return image.convert("RGBA")


def share(image: Image.Image, colour: tuple[int, int, int]) -> float:
    """Return which part of the picture has this colour."""
    pixels = image.convert("RGB").getcolors(maxcolors=image.width * image.height)
    return sum(count for count, each in pixels if each == colour) / (image.width * image.height)


@pytest.mark.asyncio
async def test_the_picture() -> None:
    """Opaque and white, so a dark page does not matter; orange only where something blocks."""
    async with timeline() as polite:
        await asyncio.gather(wait(0.1), wait(0.05))
    async with timeline() as blocking:
        await asyncio.gather(wait(0.1), block())
    for line in (polite, blocking):
        image = drawn(line)
        assert image.getchannel("A").getextrema() == (255, 255)
        assert image.getpixel((0, 0)) == image.getpixel((image.width - 1, image.height - 1)) == (255,) * 4
        assert share(image, (255, 255, 255)) < 0.9, "something is drawn"
    assert share(drawn(polite), ORANGE) == 0
    assert share(drawn(blocking), ORANGE) > 0.02
    _, metadata = picture(blocking)
    assert "; 5. block blocks: no other task can run; 6. block ends; " in metadata["alt"]


@pytest.mark.asyncio
async def test_every_ending_and_many_rows_can_be_drawn() -> None:
    """A failed and a cancelled task, one without a turn, one that goes on, and fifty others."""
    async with timeline() as few:
        failed, never, late = (
            few.task("failed", fail()),
            few.task("never", wait()),
            few.task("late", wait(60)),
        )
        never.cancel()
        await asyncio.wait([failed, never])
    failed.exception()
    late.cancel()
    async with timeline() as many:
        await asyncio.gather(*[wait() for _ in range(50)])
    async with timeline() as none_ran:
        none_ran.task("never", wait()).cancel()
    assert drawn(few).height < drawn(many).height < 3500
    drawn(none_ran)
    await asyncio.wait([late])


@pytest.mark.asyncio
async def test_a_learners_own_style_does_not_reach_the_picture() -> None:
    """Nor does the picture reach the learner's settings; a name is never taken for a formula."""
    async with timeline() as line:
        await line.task(r"$\nonsense$ or _y_", wait(0.01))
    before = drawn(line)
    with matplotlib.rc_context():
        matplotlib.style.use("dark_background")
        matplotlib.rcParams["savefig.dpi"] = 30
        settings = dict(matplotlib.rcParams)
        assert drawn(line).tobytes() == before.tobytes()
        assert dict(matplotlib.rcParams) == settings


def row(*steps: tuple[float, float], ended: bool = True) -> Row:
    """Return a task that ran so."""
    return Row("task", 0.0, steps=list(steps), ended=steps[-1][1] if ended else None)


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ([(0, 1), (5, 6)], [(0, 1), (5, 6)]),
        ([(0, 1), (1.5, 3), (3.1, 5)], [(0, 5)]),  # it ran nearly all the time
        (
            [(0, 0.1), (0.9, 1), (1.8, 1.9), (9, 9.1)],
            [(0, 0.1), (1.8, 1.9), (9, 9.1)],
        ),  # too close to be seen
        ([(0, 0.1), (0.9, 4)], [(0, 4)]),
        ([(0, 0.1), (5, 5.2), (5.3, 5.5)], [(0, 0.1), (5, 5.5)]),
        (
            [(0, 0.1), (5, 5.01), (5.9, 5.91)],
            [(0, 0.1), (5, 5.01), (5.9, 5.91)],
        ),  # the last one is always shown
    ],
)
def test_turns_that_are_too_close_become_one(
    steps: list[tuple[float, float]], shown: list[tuple[float, float]]
) -> None:
    """A second is the least that can be told apart here."""
    line = Timeline(rows=[row(*steps)])
    assert _turns(line, 1.0)[line.rows[0]] == shown


def test_turns_do_not_become_one_across_another_task() -> None:
    """Two tasks never run at the same time, and never look so."""
    line = Timeline(rows=[row((0, 1), (1.5, 3)), row((1.1, 1.4))])
    assert _turns(line, 1.0) == {line.rows[0]: [(0, 1), (1.5, 3)], line.rows[1]: [(1.1, 1.4)]}


@pytest.mark.asyncio
async def test_outside_a_notebook_the_words_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """A picture is of no use there."""
    async with timeline() as line:
        await line.task("a", wait())
    line.draw()
    line.draw(detail=True)
    assert capsys.readouterr().out == (
        "1. a starts\n2. a waits\n3. a ends\n1. a starts\n2. a waits\n3. a resumes\n4. a ends\n"
    )
