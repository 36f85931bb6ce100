"""What surrounds a check: strict runs, a broken checker, hints, solutions, predictions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.course.test_exercises import LESSONS
from todo_lib.course import lesson
from todo_lib.course.lessons import opened
from todo_lib.course.source import LessonSource
from todo_lib.lab.checks import EveryDriver, FunctionJudge
from todo_lib.lab.exercise import Exercise
from todo_lib.lab.questions import Prediction, Recall
from todo_lib.lab.verdict import CheckFailedError, Outcome, Verdict


class Given:
    """A judge that always says the same, or fails."""

    promises = ("it is so.",)

    def __init__(self, said: Outcome | Exception) -> None:
        self.said = said

    async def __call__(self, exercise: str, answer: Any) -> Verdict:
        """Say it."""
        if isinstance(self.said, Exception):
            raise self.said
        return Verdict(self.said, exercise)


def exercise(said: Outcome | Exception = Outcome.RIGHT) -> Exercise:
    """Return an exercise with that judge."""
    return Exercise(
        Given(said), ("the concept", "the place", "the code"), lambda: LESSONS["first_awaits"], name="get"
    )


@pytest.mark.asyncio
@pytest.mark.parametrize("outcome", Outcome)
async def test_a_check_never_raises_at_a_learners_desk(
    outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the verdict is."""
    monkeypatch.delenv("TODO_LAB_STRICT", raising=False)
    assert (await exercise(outcome).check(1)).outcome is outcome


@pytest.mark.asyncio
@pytest.mark.parametrize("outcome", Outcome)
async def test_a_check_that_fails_fails_its_cell_in_a_strict_run(
    outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stub is no failure, and neither is a right answer."""
    monkeypatch.setenv("TODO_LAB_STRICT", "1")
    if outcome in {Outcome.RIGHT, Outcome.NOT_STARTED}:
        await exercise(outcome).check(1)
    else:
        with pytest.raises(CheckFailedError, match="get"):
            await exercise(outcome).check(1)


@pytest.mark.asyncio
async def test_a_broken_checker_blames_itself() -> None:
    """Our bug is never the learner's."""
    verdict = await exercise(ZeroDivisionError("ours")).check(1)
    assert verdict.outcome is Outcome.BROKEN
    assert "This is not your fault" in repr(verdict)


def test_hints_come_one_after_the_other() -> None:
    """Concept, place, code; the last one stays; any level can be asked for."""
    task = exercise()
    assert [task.hint().lines[0] for _ in range(4)] == ["the concept", "the place", "the code", "the code"]
    assert task.hints_seen == 3
    assert exercise().hint(2).lines == ("the place", "More: `q.get.hint(3)`")
    assert exercise().hint(99).title == "hint 3 of 3, the code"


@pytest.mark.asyncio
async def test_the_solution_asks_once_whether_the_learner_has_tried() -> None:
    """Asked again, or after an attempt, it is shown, with its explanation."""
    task = exercise()
    assert task.solution().title == "have you tried?"
    assert "await session.get(Task, id)" in task.solution().code
    tried = exercise()
    await tried.check(1)
    assert tried.solution().title == "a solution: get"
    assert "`async with` closes it" in repr(tried.solution())


@pytest.mark.parametrize("source", LESSONS.values(), ids=list(LESSONS))
def test_every_exercise_has_a_solution(source: LessonSource) -> None:
    """Also one that has no answer cell of its own: it names those that have."""
    for task in opened(source.info).exercises.values():
        task.attempts = 1
        assert task.solution().title == f"a solution: {task.name}"
    contract, workspace = lesson("05").contract, lesson("05").workspace
    contract.attempts = workspace.attempts = 1
    assert contract.solution().lines[0] == "It is in these: `q.get.solution()`, `q.add.solution()`."
    assert "new_workspace(after='05')" in repr(workspace.solution())


def test_a_prediction_is_noted_and_then_explained() -> None:
    """Before the reveal nothing is given away; after it every option is explained."""
    question = lesson("05").lost_commit
    assert isinstance(question, Prediction)
    assert question.predict("x").title == "choose one of A, B, C, D"
    assert question.reveal().title == "it is B; you made no prediction"
    noted = question.predict(" c ")
    assert noted.title == "noted: C"
    assert question.why["C"] not in repr(noted)
    shown = repr(question.reveal())
    assert "it is B; you said C" in shown
    assert all(why in shown for why in question.why.values())
    assert question.options.keys() == question.why.keys()


def test_a_check_promises_what_it_judges() -> None:
    """There are no hidden tests."""
    assert exercise().promises().lines == ("it is so.",)
    assert all(part.promises().lines for part in lesson("05").exercises.values())


def offered(thing: Any) -> Iterator[Any]:
    """Return all that Tab offers behind this, and the judges: who looks for them must ask, not stumble."""
    for name in dir(thing):
        if not name.startswith("_"):
            part = getattr(thing, name)
            yield part
            if isinstance(part, Exercise):
                judge: Any = part.judge
                scenarios = getattr(judge, "scenarios", ())
                mistakes = getattr(judge, "mistakes", ())
                yield from (judge, judge.__call__, *scenarios, *mistakes)
            yield from offered(part)


@pytest.mark.parametrize("source", LESSONS.values(), ids=list(LESSONS))
def test_nothing_printed_gives_an_answer_away(source: LessonSource) -> None:
    """Whoever forgets the parentheses reads how to go on, in a line."""
    q = opened(source.info)
    things = [q, q.exercises, *offered(q)]
    assert len(things) > 6 * len(q.exercises)
    lines = {
        line.strip()
        for name in source.exercises
        for line in source.solution(name)[0].splitlines()
        if len(line) > 20
    }
    for thing in things:
        shown = repr(thing)
        assert len(shown) < (1000 if thing is q.exercises else 200), shown
        assert not [line for line in lines if line in shown + repr(source)]
        assert not re.search(r"\b[A-D]\b|def test_|assert ", shown)
    for part in vars(q).values():
        if isinstance(part, Exercise | Prediction | Recall):
            assert repr(part).startswith(f"q.{part.name}: ")


def test_a_judge_of_another_kind_is_discreet_too() -> None:
    """Also one that a lesson makes, whatever `dataclass` would add."""

    @dataclass(frozen=True)
    class Own(FunctionJudge):
        secret: str = "order_by"

    assert repr(Own((), secret="order_by")) == "<Own>"
    assert repr(EveryDriver(lambda url: Own(()))) == "<EveryDriver>"
