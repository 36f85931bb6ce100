"""Every exercise whose answer is a file, tried as those in `test_exercises.py`; each check runs pytest."""

import pytest

from tests.course import test_exercises as others
from tests.course.test_exercises import EXERCISES, GIVEN, HERE, Answer

pytestmark = pytest.mark.usefixtures("forked_projects")
THERE = [each for each in EXERCISES if each not in HERE]


@pytest.mark.asyncio
@pytest.mark.parametrize(("lesson", "name"), THERE)
async def test_the_solution_is_right(lesson: str, name: str) -> None:
    """What `solution()` shows passes."""
    await others.test_the_solution_is_right(lesson, name)


@pytest.mark.asyncio
@pytest.mark.parametrize(("lesson", "name"), THERE)
async def test_the_stub_is_not_started(lesson: str, name: str) -> None:
    """The untouched stub is no wrong answer."""
    await others.test_the_stub_is_not_started(lesson, name)


@pytest.mark.asyncio
@pytest.mark.parametrize(("lesson", "name"), THERE)
async def test_what_is_not_an_answer(lesson: str, name: str) -> None:
    """Nothing, and what is of another kind."""
    await others.test_what_is_not_an_answer(lesson, name)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answer",
    [answer for answer in GIVEN if answer.asked in THERE],
    ids=lambda answer: answer.path,
)
async def test_an_answer_gets_its_own_verdict(answer: Answer) -> None:
    """A right answer in another style is right; a wrong one is told its own cause."""
    await others.test_an_answer_gets_its_own_verdict(answer)


def test_there_is_something_to_try() -> None:
    """Both modules have their part."""
    assert HERE
    assert THERE
