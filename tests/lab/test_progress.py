"""Whoever waits for longer than a second is told so; whoever does not, or proves the course, is not."""

import asyncio
import time
from contextlib import suppress
from typing import Any

import pytest

from todo_lib.lab import progress as module
from todo_lib.lab.exercise import Exercise, ExerciseSet
from todo_lib.lab.progress import progress
from todo_lib.lab.verdict import Outcome, Verdict

Said = list[dict[str, str]]


class Judge:
    """Takes its time."""

    promises = ()

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    async def __call__(self, exercise: str, answer: Any) -> Verdict:
        """Wait, and be content; or fail."""
        await asyncio.sleep(self.seconds)
        if isinstance(answer, BaseException):
            raise answer
        return Verdict(Outcome.RIGHT, exercise)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """Give what a notebook is told to show."""
    shown: Said = []

    class Handle:
        def display(self, data: dict[str, str], raw: bool) -> None:
            shown.append(data)

        update = display

    monkeypatch.setattr(module, "DisplayHandle", Handle)
    monkeypatch.setattr(module, "get_ipython", object)
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    monkeypatch.delenv("TODO_LAB_STRICT", raising=False)
    return shown


def exercise(seconds: float) -> Exercise:
    """Return an exercise whose judge needs so long."""
    return ExerciseSet("Lesson", {"get": Exercise(Judge(seconds), (), lambda: None)}).exercises["get"]


@pytest.mark.asyncio
@pytest.mark.parametrize("answer", [1, ValueError("broken"), asyncio.CancelledError()], ids=repr)
async def test_a_slow_check_is_seen_to_go_on(said: Said, answer: object) -> None:
    """Which one, and for how long; at the end, whatever the end is, nothing is left."""
    with suppress(asyncio.CancelledError):
        await exercise(0.35).check(answer)
    assert said[:2] == [{}, {"text/plain": "… checking get: 0 s"}]
    assert said[-1] == {}
    assert len(said) > 3


def test_also_while_the_event_loop_stands_still(said: Said) -> None:
    """Then a timer of the loop would be silent."""

    async def block() -> None:
        with progress("waiting"):
            time.sleep(0.35)  # noqa: ASYNC251 (that is what is tried)

    asyncio.run(block())
    assert len(said) > 2


@pytest.mark.asyncio
async def test_nothing_is_said_of_what_is_fast_or_proves_the_course(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stored outputs must be the same in every run."""
    await exercise(0).check(1)
    monkeypatch.setenv("TODO_LAB_STRICT", "1")
    await exercise(0.35).check(1)
    monkeypatch.delenv("TODO_LAB_STRICT")
    monkeypatch.setattr(module, "get_ipython", lambda: None)
    await exercise(0.35).check(1)
    assert said == []
