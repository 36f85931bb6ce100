"""Every lesson has the form of the course: what a learner may rely on in each of them."""

import ast
import re
from collections import Counter

import pytest

from tests.course.test_exercises import GIVEN, LESSONS
from todo_lib.authoring.editions import notebook
from todo_lib.course.lessons import opened
from todo_lib.course.migration.project import STEPS
from todo_lib.course.migration.workspace import WorkspaceJudge
from todo_lib.course.source import LessonSource
from todo_lib.course.syllabus import lessons
from todo_lib.course.texts import texts
from todo_lib.course.topics import LESSONS as TOPICS
from todo_lib.lab.errors import topics
from todo_lib.lab.errors.lookup import catalogue
from todo_lib.lab.questions import Prediction, Recall

MINUTES = (15, 30)
WRONG, RIGHT = 6, 3  # answers that each exercise's check is tried on, at least
RECALLS = 2  # questions about what was learnt before; the first lessons have less to ask about
DOORS = re.compile(r"todo_lib\.(?:lab|course|authoring)(?:\.|$)")
every_lesson = pytest.mark.parametrize("source", LESSONS.values(), ids=list(LESSONS))


def prose(source: LessonSource) -> str:
    """Return the text of a lesson as the learner's edition has it."""
    cells = notebook(source, "learner").cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


@every_lesson
def test_a_lesson_fits_a_course(source: LessonSource) -> None:
    """In minutes, and in the number of its exercises."""
    assert MINUTES[0] <= source.info.minutes <= MINUTES[1]
    assert 1 <= len(opened(source.info).exercises) <= 5


@every_lesson
def test_every_question_is_asked_and_explained(source: LessonSource) -> None:
    """It stands in the text, once, and each of its options is explained."""
    written = (source.info.folder / "lesson.md").read_text(encoding="utf-8")
    questions = {name: text for name, text in texts(source.info.name).items() if "options" in text}
    asked = re.findall(r"\{\{(?:question|options): (\w+)\}\}", written)
    assert sorted(asked) == sorted(questions)
    for question in questions.values():
        assert question["right"] in question["options"]
        assert question["options"].keys() == question["why"].keys()
        assert len(question["options"]) >= 3
    kinds = Counter(type(part) for part in vars(opened(source.info)).values())
    assert kinds[Prediction] >= 1
    assert kinds[Recall] >= min(RECALLS, int(source.info.number))


@every_lesson
def test_something_goes_wrong_on_purpose(source: LessonSource) -> None:
    """A failure is provoked, and a misconception named and refuted."""
    text = prose(source)
    assert re.search(r"^## Provoke", text, re.MULTILINE)
    assert re.search(r"\*You may think\*", text)
    assert re.search(r"\*[Ii]n fact\*", text)


@every_lesson
def test_every_check_is_tried_on_enough_answers(source: LessonSource) -> None:
    """Wrong ones and right ones in other styles. A workspace is tried on the course's own route."""
    for name, exercise in opened(source.info).exercises.items():
        if not isinstance(exercise.judge, WorkspaceJudge):
            given = Counter(
                answer.name.partition("_")[0] for answer in GIVEN if answer.asked == (source.info.name, name)
            )
            assert given["wrong"] >= WRONG, f"{name}: {given}"
            assert given["right"] >= RIGHT, f"{name}: {given}"


@every_lesson
def test_few_outputs_may_vary(source: LessonSource) -> None:
    """What is not compared is not proven."""
    cells = [cell for cell in source.cells if cell.cell_type == "code"]
    assert sum("varies" in cell.metadata for cell in cells) <= len(cells) / 4


@pytest.mark.parametrize("name", STEPS)
def test_the_migration_goes_on_in_the_learners_files(name: str) -> None:
    """From the tests on, each lesson says what to do there, and checks it."""
    source = LESSONS[name]
    assert "## Now in your files" in prose(source)
    assert any("await q.workspace.check()" in cell.source for cell in source.cells)


@every_lesson
def test_notebooks_import_through_two_doors(source: LessonSource) -> None:
    """From the lab and the course, never from inside them; or from the app itself."""
    inside = [name for cell in source.cells for name in imported(cell.source) if DOORS.match(name)]
    assert set(inside) <= {"todo_lib.lab", "todo_lib.course"}


def imported(code: str) -> list[str]:
    """Return the modules that a cell imports; none if it is no Python."""
    try:
        tree = ast.parse("\n".join(line for line in code.splitlines() if not line.startswith("%")))
    except SyntaxError:
        return re.findall(r"^(?:from|import) (todo_lib[\w.]*)", code, re.MULTILINE)
    return [
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
        )
    ]


def test_an_import_from_inside_is_noticed() -> None:
    """Whether the cell is Python or only looks like it."""
    for code in (
        "from todo_lib.lab.db import queries",
        "import todo_lib.course.lessons",
        "await x(\nfrom todo_lib.lab.db import y",
    ):
        assert any(DOORS.match(name) and name.count(".") > 1 for name in imported(code)), code


def test_lessons_are_named_by_their_folders_alone() -> None:
    """No text and no code knows another lesson's number: a new one between two others would change it."""
    typed = re.compile(
        r"[Ll]essons? \d\d\b|\b(?:lesson|files_after)\(\"\d\d\"\)|\bafter=\"\d\d\"|\(\d\d_\w+\.ipynb"
    )
    found = [
        f"{path.parent.name}/{path.name}: {match[0]}"
        for each in lessons()
        for path in each.folder.glob("*.*")
        if path.suffix in {".md", ".toml", ".py"}
        for match in typed.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_every_topic_of_the_catalogue_has_its_lesson() -> None:
    """Whoever reads an explanation is told which notebook has more."""
    known = {value for name, value in vars(topics).items() if name.isupper()}
    assert set(TOPICS) == known == {entry.topic for entry in catalogue().values()}
    assert set(TOPICS.values()) <= set(LESSONS)


def test_commands_find_the_courses_python() -> None:
    """A terminal of JupyterLab may find another one first: `python` alone would be that one."""
    bare = re.compile(r"`(?:python\d?|pytest|uvicorn)(?: [^`]+)?`")
    found = [f"{name}: {match}" for name, source in LESSONS.items() for match in bare.findall(prose(source))]
    assert [each for each in found if "`python`" not in each] == []  # the word itself may stand there
    commands = {
        each
        for source in LESSONS.values()
        for each in re.findall(r"`\.\./\.venv/bin/python -m (\w+)", prose(source))
    }
    assert commands == {"pytest", "uvicorn"}
