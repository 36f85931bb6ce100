"""Every exercise's check, tried on answers: the solution, the stub, wrong ones, right ones in other styles.

An answer is a file `answers/lesson/exercise/right_….py` or `wrong_….py`. It sees the names that the lesson
imports and the solutions of the exercises before it. A wrong one says in its first line what the check must
report: `# expect: OUTCOME, cause; words that must be shown`. Short ones are edits of the solution, in
`wrong.diff` and `right.diff` (see `tests/edits.py`); there the title says it: `what is wrong -> OUTCOME,
cause; words`. What is passed to the check is what the lesson passes: `await q.add.check(DataStoreDb)`.
"""

import ast
import linecache
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import edits
from todo_lib.authoring.editions import COMMENT
from todo_lib.course.lessons import opened
from todo_lib.course.migration.workspace import WorkspaceJudge
from todo_lib.course.source import ANSWER, LessonSource, sources
from todo_lib.lab.checks import FileJudge, diagnosis
from todo_lib.lab.exercise import Exercise
from todo_lib.lab.kernel.answer_magic import MAGIC, text_of
from todo_lib.lab.verdict import MAX_LINES, Outcome, Verdict

ANSWERS = Path(__file__).parents[1] / "answers"
EXPECT = re.compile(r"# expect: (?P<outcome>\w+), (?P<cause>[^;]+); (?P<words>.+)")
LESSONS = {each.info.name: each for each in sources()}
EXERCISES = [
    (source.info.name, name)
    for source in LESSONS.values()
    for name, exercise in opened(source.info).exercises.items()
    if not isinstance(exercise.judge, WorkspaceJudge)  # its answers are projects: see test_route.py
]


@dataclass(frozen=True)
class Answer:
    """What somebody might write for an exercise, and what the check must say of it."""

    lesson: str
    exercise: str
    name: str
    code: str
    expected: re.Match[str] | None

    @property
    def asked(self) -> tuple[str, str]:
        """Return the names of the lesson and of the exercise."""
        return self.lesson, self.exercise

    @property
    def path(self) -> str:
        """Return how it is called in a report."""
        return f"{self.lesson}/{self.exercise}/{self.name}"


def answers() -> list[Answer]:
    """Return every answer in the folder, the written ones and the edited ones."""
    found = [
        Answer(*path.parts[-3:-1], path.stem, code := path.read_text("utf-8"), EXPECT.match(code))
        for path in sorted(ANSWERS.glob("*/*/*.py"))
    ]
    for path in sorted(ANSWERS.glob("*/*/*.diff")):
        lesson, name = path.parts[-3:-1]
        solution = LESSONS[lesson].solution(name)[0]
        for version in edits.parse(path.read_text("utf-8")):
            title, _, expected = version.title.partition(" -> ")
            code = edits.apply(solution, version)
            found.append(
                Answer(lesson, name, f"{path.stem}_{title}", code, EXPECT.match(f"# expect: {expected}"))
            )
    return found


GIVEN = answers()


def asks_for_a_file(exercise: tuple[str, str]) -> bool:
    """Return whether pytest must run to judge it: those are tried in a module of their own."""
    return isinstance(exercise_of(*exercise).judge, FileJudge)


def exercise_of(lesson: str, name: str) -> Exercise:
    """Return an exercise, fresh."""
    return opened(LESSONS[lesson].info).exercises[name]


HERE = [each for each in EXERCISES if not asks_for_a_file(each)]


@pytest.fixture(autouse=True)
def _short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A learner's code gets five seconds; here two are enough to know that it hangs."""
    monkeypatch.setattr(diagnosis, "TIMEOUT", 2.0)


def names_before(source: LessonSource, exercise: str) -> dict[str, Any]:
    """Return what a learner's kernel holds when the exercise begins: imports and earlier solutions."""
    names: dict[str, Any] = {"__name__": "answer"}
    for cell in source.cells:
        if cell.metadata.get("exercise") == exercise:
            break
        if "exercise" in cell.metadata:
            run(source.solution(cell.metadata.exercise)[0], "earlier solution", names)
        elif cell.cell_type == "code" and "raises-exception" not in cell.metadata.get("tags", []):
            run(imports_in(cell.source), "imports", names)
    return names


def imports_in(cell: str) -> str:
    """Return the import statements of a cell, without its magics."""
    code = "\n".join(line for line in cell.splitlines() if not line.startswith("%"))
    found = [each for each in ast.parse(code).body if isinstance(each, ast.Import | ast.ImportFrom)]
    return ast.unparse(ast.Module(found, type_ignores=[]))


def run(code: str, filename: str, names: dict[str, Any]) -> None:
    """Do what running the cell does: run the code, or keep the text."""
    if code.startswith(MAGIC):
        name, text = text_of(code)
        names[name] = text
    else:
        # So that a verdict can quote the line, as it can in a notebook.
        linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
        exec(compile(code, filename, "exec"), names)  # noqa: S102 (the course's own code, and bad examples)


def answer_in(code: str, filename: str, source: LessonSource, exercise: str) -> Any:
    """Return what the lesson would pass to the check after a learner ran this code as their answer."""
    names = names_before(source, exercise)
    cell = next(cell for cell in source.cells if cell.metadata.get("exercise") == exercise)
    if cell.source.startswith(MAGIC) and not code.startswith(MAGIC):
        code = f"{cell.source.splitlines()[0]}\n{code}"
    run(code, filename, names)
    return eval(passed_in(source, exercise), names)


def passed_in(source: LessonSource, exercise: str) -> str:
    """Return the expression that the lesson passes to an exercise's check."""
    found = [
        match[1]
        for cell in source.cells
        if (match := re.search(rf"q\.{exercise}\.check\((.*)\)", cell.source))
    ]
    assert found, f"lesson {source.info.name} never checks {exercise!r}"
    return found[0] or "None"


def answer_cell(source: LessonSource, exercise: str) -> str:
    """Return the exercise that has an answer cell: this one, or the last before its check."""
    last = ""
    for cell in source.cells:
        last = cell.metadata.get("exercise", last)
        if last == exercise or f"q.{exercise}.check(" in cell.source:
            break
    return last


async def check(lesson: str, name: str, answer: Any) -> Verdict:
    """Return the verdict, which may never be longer than promised."""
    verdict = await exercise_of(lesson, name).check(answer)
    assert len(repr(verdict).splitlines()) <= MAX_LINES, verdict
    return verdict


@pytest.mark.asyncio
@pytest.mark.parametrize(("lesson", "name"), HERE)
async def test_the_solution_is_right(lesson: str, name: str) -> None:
    """What `solution()` shows passes; an exercise without a cell of its own judges the last answer."""
    source = LESSONS[lesson]
    last = answer_cell(source, name)
    answer = answer_in(source.solution(last)[0], "solution", source, last)
    verdict = await check(lesson, name, answer)
    assert verdict.outcome is Outcome.RIGHT, verdict


@pytest.mark.asyncio
@pytest.mark.parametrize(("lesson", "name"), HERE)
async def test_the_stub_is_not_started(lesson: str, name: str) -> None:
    """The untouched stub is no wrong answer."""
    source = LESSONS[lesson]
    last = answer_cell(source, name)
    cell = next(cell.source for cell in source.cells if cell.metadata.get("exercise") == last)
    stub = ANSWER.sub(lambda found: COMMENT.sub(r"\1", found["stub"]), cell)
    verdict = await check(lesson, name, answer_in(stub, "stub", source, last))
    assert (verdict.outcome, verdict.cause) == (Outcome.NOT_STARTED, "blank"), verdict


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answer",
    [answer for answer in GIVEN if answer.asked in HERE],
    ids=lambda answer: answer.path,
)
async def test_an_answer_gets_its_own_verdict(answer: Answer) -> None:
    """A right answer in another style is right; a wrong one is told its own cause."""
    lesson, name = answer.asked
    source, expected = LESSONS[lesson], answer.expected
    passed = answer_in(answer.code, answer.path, source, answer_cell(source, name))
    verdict = await check(lesson, name, passed)
    if answer.name.startswith("right"):
        assert verdict.outcome is Outcome.RIGHT, verdict
    else:
        assert expected, f"{answer.name} does not say what is expected"
        assert (verdict.outcome.name, verdict.cause) == (expected["outcome"], expected["cause"]), verdict
        assert expected["words"] in repr(verdict)


@pytest.mark.asyncio
@pytest.mark.parametrize(("lesson", "name"), HERE)
async def test_what_is_not_an_answer(lesson: str, name: str) -> None:
    """Nothing, and what is of another kind: each is called by its name."""
    assert (await check(lesson, name, None)).cause == "nothing passed"
    verdict = await check(lesson, name, 42)
    assert verdict.outcome is Outcome.NOT_YET


def test_no_answer_is_left_out() -> None:
    """Every folder of answers belongs to an exercise, and every file in it is read."""
    known = set(EXERCISES)
    assert {path.parts[-2:] for path in ANSWERS.glob("*/*")} <= known
    assert {answer.asked for answer in GIVEN} <= known
    assert all(re.match(r"(right|wrong)_", answer.name) for answer in GIVEN)
    assert {path.suffix for path in ANSWERS.glob("*/*/*.*")} <= {".py", ".diff"}
