"""Every lesson has the form of the course: what a learner may rely on in each of them."""

import re
from collections import Counter

import pytest

from tests.test_exercises import GIVEN, LESSONS
from todo_lib.course.source import Lesson
from todo_lib.lab.exercise import Prediction, Recall, lesson
from todo_lib.lab.project import ROOT, STEPS
from todo_lib.lab.workspace import WorkspaceJudge

NUMBERS = list(LESSONS)
PART_ONE = (
    "start",
    "sync app",
    "why async",
    "tests first",
    "session factory",
    "first awaits",
    "whole store",
    "endpoint tests",
    "endpoints",
)
PART_TWO = ("hidden I/O", "session per task", "under load", "PostgreSQL", "worth it?", "better filters")
COURSE = [f"{number:02}" for number in range(len(PART_ONE + PART_TWO))]
WRONG, RIGHT = 6, 3  # answers that each exercise's check is tried on, at least


def prose(source: Lesson) -> str:
    """Return the text of a lesson as the learner's edition has it."""
    cells = source.notebook("learner").cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def title(source: Lesson) -> str:
    """Return what stands in its first line after the number."""
    return source.cells[0].source.splitlines()[0].partition(" · ")[2]


def test_the_course_is_complete() -> None:
    """From the start to green, then to production, without a gap."""
    assert NUMBERS == COURSE


@pytest.mark.parametrize("number", NUMBERS)
def test_a_lesson_opens_with_what_it_is_for(number: str) -> None:
    """Title, one idea, what you can do afterwards, what you need, how long, where we are."""
    source, opening = LESSONS[number], LESSONS[number].cells[0].source
    assert opening.startswith(f"# {number} · {source.metadata['title']}\n\n**")
    for row in ("After this lesson you can", "You need", "Time", "Where we are"):
        assert f"| **{row}** |" in opening
    assert f"| {source.metadata['minutes']} minutes |" in opening
    assert 15 <= source.metadata["minutes"] <= 30


@pytest.mark.parametrize("number", NUMBERS)
def test_the_map_is_the_same_everywhere_in_a_part(number: str) -> None:
    """With this lesson's stop in bold."""
    here = (PART_ONE + PART_TWO)[int(number)]
    part = PART_ONE if here in PART_ONE else PART_TWO
    stops = [f"**{stop}**" if stop == here else stop for stop in part]
    assert f"| **Where we are** | {' → '.join(stops)} |" in LESSONS[number].cells[0].source


@pytest.mark.parametrize("number", NUMBERS)
def test_a_lesson_leads_on(number: str) -> None:
    """Its last line links the lessons before and after, by their titles."""
    last = LESSONS[number].notebook("learner").cells[-1].source.splitlines()[-1]
    place = NUMBERS.index(number)
    neighbours = (("Previous", place - 1), ("Next", place + 1))
    wanted = [
        f"{word}: [{NUMBERS[at]} · {title(LESSONS[NUMBERS[at]])}]({LESSONS[NUMBERS[at]].path.stem}.ipynb)"
        for word, at in neighbours
        if 0 <= at < len(NUMBERS)
    ]
    assert last == " · ".join(wanted)


@pytest.mark.parametrize("number", NUMBERS)
def test_questions_read_the_same_in_the_notebook_and_in_the_answer(number: str) -> None:
    """Each option stands in the text word for word, and each is explained."""
    text = " ".join(prose(LESSONS[number]).split())
    questions = {
        name: part for name, part in vars(lesson(number)).items() if isinstance(part, Prediction | Recall)
    }
    for name, question in questions.items():
        assert question.right in question.options
        assert question.options.keys() == question.why.keys()
        assert len(question.options) >= 3
        for letter, option in question.options.items():
            assert f"- **{letter}** {option}" in text, f"{name}: {letter}"
    kinds = Counter(type(question) for question in questions.values())
    assert kinds[Prediction] >= 1
    assert kinds[Recall] >= {"00": 0, "01": 1}.get(number, 2)


@pytest.mark.parametrize("number", NUMBERS)
def test_something_goes_wrong_on_purpose(number: str) -> None:
    """A failure is provoked, and a misconception named and refuted."""
    source = LESSONS[number]
    text = prose(source)
    assert re.search(r"^## Provoke", text, re.MULTILINE)
    assert re.search(r"\*You may think\*", text)
    assert re.search(r"\*[Ii]n fact\*", text)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_check_is_tried_on_enough_answers(number: str) -> None:
    """Wrong ones and right ones in other styles. A workspace is tried on the course's own route."""
    exercises = lesson(number).exercises
    assert 1 <= len(exercises) <= 5
    for name, exercise in exercises.items():
        if not isinstance(exercise.judge, WorkspaceJudge):
            given = Counter(
                answer.name.partition("_")[0] for answer in GIVEN if answer.folder == f"{number}_{name}"
            )
            assert given["wrong"] >= WRONG, f"{name}: {given}"
            assert given["right"] >= RIGHT, f"{name}: {given}"


@pytest.mark.parametrize("number", NUMBERS)
def test_few_outputs_may_vary(number: str) -> None:
    """What is not compared is not proven."""
    cells = [cell for cell in LESSONS[number].cells if cell.cell_type == "code"]
    assert sum("varies" in cell.metadata for cell in cells) <= len(cells) / 4


@pytest.mark.parametrize("number", [number for number in NUMBERS if number in STEPS])
def test_the_migration_goes_on_in_the_learners_files(number: str) -> None:
    """From the tests on, each lesson says what to do there, and checks it."""
    source = LESSONS[number]
    assert "## Now in your files" in prose(source)
    assert any("await q.workspace.check()" in cell.source for cell in source.cells)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_readme_lists_the_lesson(number: str) -> None:
    """By its title, with its file and its minutes."""
    source = LESSONS[number]
    link = f"[{source.metadata['title']}](notebooks/{source.path.stem}.ipynb)"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(
        rf"^\| {number} \| {re.escape(link)} \| .+ \| {source.metadata['minutes']} \|$", readme, re.MULTILINE
    )
