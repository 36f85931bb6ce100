"""Every exercise's check, tried on answers: the solution, the stub, wrong ones, right ones in other styles.

An answer is a file `answers/NN_exercise/right_….py` or `wrong_….py`. It sees the names of the lesson and
the solutions of the exercises before it. A wrong one says in its first line what the check must report:
`# expect: OUTCOME, cause; words that must be shown`.
"""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from todo_lib.course.source import ANSWER, COMMENT, Lesson, read, sources
from todo_lib.entities import Task
from todo_lib.lab import judge
from todo_lib.lab.exercise import lesson
from todo_lib.lab.verdict import MAX_LINES, Outcome, Verdict
from todo_lib.models import TaskInput, TaskOutput

ANSWERS = Path(__file__).parent / "answers"
EXPECT = re.compile(r"# expect: (?P<outcome>\w+), (?P<cause>[^;]+); (?P<words>.+)")
NAMES = {"__name__": "answer"} | {
    each.__name__: each for each in (Task, TaskInput, TaskOutput, date, insert, select)
}
LESSONS = {each.number: each for each in map(read, sources())}
EXERCISES = [(number, name) for number in LESSONS for name in lesson(number).exercises]
CODE = {path: path.read_text("utf-8") for path in sorted(ANSWERS.glob("*/*.py"))}


@pytest.fixture(autouse=True)
def _short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A learner's code gets five seconds; here two are enough to know that it hangs."""
    monkeypatch.setattr(judge, "TIMEOUT", 2.0)


def names_before(source: Lesson, exercise: str) -> dict[str, Any]:
    """Return what a learner's kernel holds when the exercise begins."""
    names = dict(NAMES)
    for done in source.exercises:
        if done == exercise:
            break
        exec(source.solution(done)[0], names)  # noqa: S102 (the course's own code)
    return names


def answer_in(code: str, filename: str, names: dict[str, Any]) -> Any:
    """Run the code of an answer; return the class it defines."""
    before = {id(each) for each in names.values()}
    exec(compile(code, filename, "exec"), names)  # noqa: S102
    made = [
        each for each in names.values() if isinstance(each, type) and each.__module__ == NAMES["__name__"]
    ]
    return next(each for each in made if id(each) not in before)


async def check(number: str, name: str, answer: Any) -> Verdict:
    """Return the verdict, which may never be longer than promised."""
    verdict = await lesson(number).exercises[name].check(answer)
    assert len(repr(verdict).splitlines()) <= MAX_LINES, verdict
    return verdict


@pytest.mark.asyncio
@pytest.mark.parametrize(("number", "name"), EXERCISES)
async def test_the_solution_is_right(number: str, name: str) -> None:
    """What `solution()` shows passes; an exercise without a cell of its own judges the last answer."""
    source = LESSONS[number]
    last = name if name in source.exercises else source.exercises[-1]
    answer = answer_in(source.solution(last)[0], "solution", names_before(source, last))
    verdict = await check(number, name, answer)
    assert verdict.outcome is Outcome.RIGHT, verdict


@pytest.mark.asyncio
@pytest.mark.parametrize(("number", "name"), EXERCISES)
async def test_the_stub_is_not_started(number: str, name: str) -> None:
    """The untouched stub is no wrong answer."""
    source = LESSONS[number]
    last = name if name in source.exercises else source.exercises[-1]
    cell = next(cell.source for cell in source.cells if cell.metadata.get("exercise") == last)
    stub = ANSWER.sub(lambda found: COMMENT.sub(r"\1", found["stub"]), cell)
    answer = answer_in(stub, "stub", names_before(source, last) | {"____": None})
    verdict = await check(number, name, answer)
    assert (verdict.outcome, verdict.cause) == (Outcome.NOT_STARTED, "blank"), verdict


@pytest.mark.asyncio
@pytest.mark.parametrize("path", CODE, ids=lambda path: f"{path.parent.name}/{path.stem}")
async def test_an_answer_gets_its_own_verdict(path: Path) -> None:
    """A right answer in another style is right; a wrong one is told its own cause."""
    number, _, name = path.parent.name.partition("_")
    code = CODE[path]
    verdict = await check(number, name, answer_in(code, str(path), names_before(LESSONS[number], name)))
    expected = EXPECT.match(code)
    if path.stem.startswith("right_"):
        assert verdict.outcome is Outcome.RIGHT, verdict
    else:
        assert expected, f"{path.name} does not say what is expected"
        assert (verdict.outcome.name, verdict.cause) == (expected["outcome"], expected["cause"]), verdict
        assert expected["words"] in repr(verdict)


@pytest.mark.asyncio
@pytest.mark.parametrize(("number", "name"), EXERCISES)
@pytest.mark.parametrize(
    ("answer", "cause"), [(None, "nothing passed"), (42, "wrong object"), (Task, "no method")]
)
async def test_what_is_not_an_answer(number: str, name: str, answer: Any, cause: str) -> None:
    """Nothing, a number, another class: each is called by its name."""
    verdict = await check(number, name, answer)
    assert verdict.cause == cause


def test_no_answer_is_left_out() -> None:
    """Every folder of answers belongs to an exercise."""
    known = {f"{number}_{name}" for number, name in EXERCISES}
    assert {path.parent.name for path in CODE} <= known
    assert all(path.stem.startswith(("right_", "wrong_")) for path in CODE)
