"""Every exercise's check, tried on answers: the solution, the stub, wrong ones, right ones in other styles.

An answer is a file `answers/NN_exercise/right_….py` or `wrong_….py`. It sees the names that the lesson imports
and the solutions of the exercises before it. A wrong one says in its first line what the check must report:
`# expect: OUTCOME, cause; words that must be shown`. Short ones are edits of the solution, in `wrong.diff`
and `right.diff` (see `tests/edits.py`); there the title says it: `what is wrong -> OUTCOME, cause; words`.
What is passed to the check is what the lesson passes: `await q.add.check(DataStoreDb)`.
"""

import ast
import linecache
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import edits
from todo_lib.course.source import ANSWER, COMMENT, Lesson, read, sources
from todo_lib.lab.answer import MAGIC, text_of
from todo_lib.lab.exercise import lesson
from todo_lib.lab.judge import FileJudge, cause
from todo_lib.lab.verdict import MAX_LINES, Outcome, Verdict
from todo_lib.lab.workspace import WorkspaceJudge

ANSWERS = Path(__file__).parent / "answers"
EXPECT = re.compile(r"# expect: (?P<outcome>\w+), (?P<cause>[^;]+); (?P<words>.+)")
LESSONS = {each.number: each for each in map(read, sources())}
EXERCISES = [
    (number, name)
    for number in LESSONS
    for name, exercise in lesson(number).exercises.items()
    if not isinstance(exercise.judge, WorkspaceJudge)  # its answers are projects: see test_route.py
]


@dataclass(frozen=True)
class Answer:
    """What somebody might write for an exercise, and what the check must say of it."""

    folder: str
    name: str
    code: str
    expected: re.Match[str] | None

    @property
    def exercise(self) -> tuple[str, str]:
        """Return the lesson's number and the exercise's name."""
        number, _, name = self.folder.partition("_")
        return number, name


def answers() -> list[Answer]:
    """Return every answer in the folder, the written ones and the edited ones."""
    found = [
        Answer(path.parent.name, path.stem, code := path.read_text("utf-8"), EXPECT.match(code))
        for path in sorted(ANSWERS.glob("*/*.py"))
    ]
    for path in sorted(ANSWERS.glob("*/*.diff")):
        number, _, name = path.parent.name.partition("_")
        solution = LESSONS[number].solution(name)[0]
        for version in edits.parse(path.read_text("utf-8")):
            title, _, expected = version.title.partition(" -> ")
            code = edits.apply(solution, version)
            found.append(
                Answer(path.parent.name, f"{path.stem}_{title}", code, EXPECT.match(f"# expect: {expected}"))
            )
    return found


GIVEN = answers()


def asks_for_a_file(exercise: tuple[str, str]) -> bool:
    """Return whether pytest must run to judge it: those are tried in a module, and so a process, of their own."""
    number, name = exercise
    return isinstance(lesson(number).exercises[name].judge, FileJudge)


HERE = [each for each in EXERCISES if not asks_for_a_file(each)]


@pytest.fixture(autouse=True)
def _short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A learner's code gets five seconds; here two are enough to know that it hangs."""
    monkeypatch.setattr(cause, "TIMEOUT", 2.0)


def names_before(source: Lesson, exercise: str) -> dict[str, Any]:
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


def answer_in(code: str, filename: str, source: Lesson, exercise: str) -> Any:
    """Return what the lesson would pass to the check after a learner ran this code as their answer."""
    names = names_before(source, exercise)
    cell = next(cell for cell in source.cells if cell.metadata.get("exercise") == exercise)
    if cell.source.startswith(MAGIC) and not code.startswith(MAGIC):
        code = f"{cell.source.splitlines()[0]}\n{code}"
    run(code, filename, names)
    return eval(passed_in(source, exercise), names)


def passed_in(source: Lesson, exercise: str) -> str:
    """Return the expression that the lesson passes to an exercise's check."""
    found = [
        match[1]
        for cell in source.cells
        if (match := re.search(rf"q\.{exercise}\.check\((.*)\)", cell.source))
    ]
    assert found, f"lesson {source.number} never checks {exercise!r}"
    return found[0] or "None"


def answer_cell(source: Lesson, exercise: str) -> str:
    """Return the exercise that has an answer cell: this one, or the last before its check."""
    last = ""
    for cell in source.cells:
        last = cell.metadata.get("exercise", last)
        if last == exercise or f"q.{exercise}.check(" in cell.source:
            break
    return last


async def check(number: str, name: str, answer: Any) -> Verdict:
    """Return the verdict, which may never be longer than promised."""
    verdict = await lesson(number).exercises[name].check(answer)
    assert len(repr(verdict).splitlines()) <= MAX_LINES, verdict
    return verdict


@pytest.mark.asyncio
@pytest.mark.parametrize(("number", "name"), HERE)
async def test_the_solution_is_right(number: str, name: str) -> None:
    """What `solution()` shows passes; an exercise without a cell of its own judges the last answer."""
    source = LESSONS[number]
    last = answer_cell(source, name)
    answer = answer_in(source.solution(last)[0], "solution", source, last)
    verdict = await check(number, name, answer)
    assert verdict.outcome is Outcome.RIGHT, verdict


@pytest.mark.asyncio
@pytest.mark.parametrize(("number", "name"), HERE)
async def test_the_stub_is_not_started(number: str, name: str) -> None:
    """The untouched stub is no wrong answer."""
    source = LESSONS[number]
    last = answer_cell(source, name)
    cell = next(cell.source for cell in source.cells if cell.metadata.get("exercise") == last)
    stub = ANSWER.sub(lambda found: COMMENT.sub(r"\1", found["stub"]), cell)
    verdict = await check(number, name, answer_in(stub, "stub", source, last))
    assert (verdict.outcome, verdict.cause) == (Outcome.NOT_STARTED, "blank"), verdict


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answer",
    [answer for answer in GIVEN if answer.exercise in HERE],
    ids=lambda answer: f"{answer.folder}/{answer.name}",
)
async def test_an_answer_gets_its_own_verdict(answer: Answer) -> None:
    """A right answer in another style is right; a wrong one is told its own cause."""
    number, name = answer.exercise
    source, expected = LESSONS[number], answer.expected
    passed = answer_in(answer.code, f"{answer.folder}/{answer.name}", source, answer_cell(source, name))
    verdict = await check(number, name, passed)
    if answer.name.startswith("right"):
        assert verdict.outcome is Outcome.RIGHT, verdict
    else:
        assert expected, f"{answer.name} does not say what is expected"
        assert (verdict.outcome.name, verdict.cause) == (expected["outcome"], expected["cause"]), verdict
        assert expected["words"] in repr(verdict)


@pytest.mark.asyncio
@pytest.mark.parametrize(("number", "name"), HERE)
async def test_what_is_not_an_answer(number: str, name: str) -> None:
    """Nothing, and what is of another kind: each is called by its name."""
    assert (await check(number, name, None)).cause == "nothing passed"
    verdict = await check(number, name, 42)
    assert verdict.outcome is Outcome.NOT_YET


def test_no_answer_is_left_out() -> None:
    """Every folder of answers belongs to an exercise, and every file in it is read."""
    known = {f"{number}_{name}" for number, name in EXERCISES}
    assert {path.name for path in ANSWERS.iterdir() if path.is_dir()} <= known
    assert {answer.folder for answer in GIVEN} <= known
    assert all(re.match(r"(right|wrong)_", answer.name) for answer in GIVEN)
    assert {path.suffix for path in ANSWERS.glob("*/*.*")} <= {".py", ".diff"}
