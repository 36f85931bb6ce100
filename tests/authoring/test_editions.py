"""From lesson to notebook: what is built is stable, what is stale is found, what is unchanged is not run."""

import shutil
from pathlib import Path

import pytest

from tests.authoring.a_course import changed
from todo_lib.authoring.editions import notebook
from todo_lib.authoring.insert import insert
from todo_lib.course import syllabus
from todo_lib.course.source import SourceError, read, sources
from todo_lib.course.syllabus import SyllabusError


def test_the_editions_differ_by_the_answer_only(course: Path) -> None:
    """The learner gets the stub and no explanation, the solved edition the solution with it."""
    source = read(course)
    learner, solved = notebook(source, "learner").cells, notebook(source, "solved").cells
    code = [[cell.source for cell in each if cell.cell_type == "code"] for each in (learner, solved)]
    assert code[0][0] == "total = 0\ntotal = ...\ntotal"
    assert code[1][0] == "total = 0\ntotal = 1 + 1\ntotal"
    assert code[0][1] == code[1][1] == "import time\ntime.perf_counter_ns()"
    assert "One and one." not in [cell.source for cell in learner]
    assert "One and one." in [cell.source for cell in solved]
    assert source.solution("sum") == ("total = 0\ntotal = 1 + 1\ntotal", "One and one.")


def test_only_the_learners_edition_hides_what_is_stored(course: Path) -> None:
    """No cell shows its output before it is run; the solved edition is there to be read."""
    source = read(course)
    for edition, hides in (("learner", True), ("solved", None)):
        code = [cell for cell in notebook(source, edition).cells if cell.cell_type == "code"]
        assert {cell.metadata.get("jupyter", {}).get("outputs_hidden") for cell in code} == {hides}


def test_what_can_be_generated_is_not_typed(course: Path) -> None:
    """Header, question with its options, numbers and titles come from the front matter and the texts."""
    cells = [cell.source for cell in notebook(read(course), "learner").cells]
    assert cells[0].startswith("# 00 · A lesson\n\n**One is enough.**\n")
    for row in ("can** | count |", "need** | nothing |", "Time** | 1 minutes |", "are** | **counting** |"):
        assert row in cells[0]
    assert "How many are one and one?\n\n- **A** One\n- **B** Two" in cells[1]
    assert "The end of lesson 00, A lesson." in cells[-1]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("### END SOLUTION\n", "", "without its partner"),
        ("### BEGIN STUB\n", "", "without its partner"),
        (":exercise: sum\n", "", "needs `exercise:`"),
        ("total = 0\n### BEGIN SOLUTION", "### BEGIN SOLUTION\n### BEGIN SOLUTION", "without its partner"),
        ("{{question: many}}", "{{question: few}}", "no question 'few'"),
        ("{{counting}}", "{{accounting}}", "no lesson 'accounting'"),
        ("  minutes: 1\n", "", "misses, or does not know: minutes"),
        ("  minutes: 1\n", "  minutes: 1\n  hours: 1\n", "misses, or does not know: hours"),
    ],
)
def test_a_lesson_with_a_mistake_is_refused(course: Path, old: str, new: str, words: str) -> None:
    """A forgotten marker must not put the solution into the learner's hands."""
    with pytest.raises((SourceError, SyllabusError), match=words):
        changed(course, old, new)


def test_cells_keep_their_ids(course: Path, tmp_path: Path) -> None:
    """Whether they are edited, or others come in between; a new one gets one of its own."""
    stored = notebook(read(course), "learner")
    edited = notebook(changed(course, "total = 0", "total = 7"), "learner", stored)
    assert [cell.id for cell in edited.cells] == [cell.id for cell in stored.cells]
    more = changed(course, "The end of", "```{code-cell} ipython3\n1\n```\n\nThe end of")
    ids = [cell.id for cell in notebook(more, "learner", stored).cells]
    assert len(set(ids)) == len(ids) == len(stored.cells) + 1
    assert {cell.id for cell in stored.cells} < set(ids)


def test_the_links_to_the_neighbours_never_stand_in_code(course: Path) -> None:
    """Behind a lesson that ends with code they get a cell of their own."""
    insert("doubling", after="counting")
    source = changed(course, "The end of lesson {{counting}}, {{counting.title}}.\n", "")
    last = notebook(source, "learner").cells[-1]
    assert (last.cell_type, last.source) == ("markdown", "Next: [01 · Doubling](01_doubling.ipynb)")


def test_no_lesson_at_all_is_an_error(course: Path) -> None:
    """An empty glob must not pass for a course without mistakes."""
    shutil.rmtree(course)
    with pytest.raises(SyllabusError, match="no lesson in"):
        sources()


def test_numbers_count_without_a_gap(course: Path) -> None:
    """A lesson with another's number would hide it."""
    shutil.copytree(course, course.with_name("again"))
    with pytest.raises(SyllabusError, match="without a gap: 00, 00"):
        syllabus.lessons()


def test_a_new_lesson_goes_between_two_others(course: Path) -> None:
    """One command makes its folder and moves the numbers of those that follow."""
    insert("doubling", after="counting")
    insert("halving", after="counting")
    assert [each.name for each in syllabus.lessons()] == ["counting", "halving", "doubling"]
    assert [each.number for each in syllabus.lessons()] == ["00", "01", "02"]
    assert {path.name for path in course.with_name("halving").iterdir()} == {
        "__init__.py", "checks.py", "lesson.md", "texts.toml",
    }  # fmt: skip
    assert read(course.with_name("halving")).exercises == ["first"]


def test_few_outputs_may_vary() -> None:
    """A cell whose output is not compared proves little: each says why, and there are few."""
    cells = [cell for source in sources() for cell in notebook(source, "solved").cells]
    reasons = [cell.metadata["varies"] for cell in cells if "varies" in cell.metadata]
    assert all(len(reason.split()) > 2 for reason in reasons)
    assert len(reasons) <= 0.1 * len(cells)
    untold = [
        c for c in cells if "nbval-ignore-output" in c.metadata.get("tags", []) and "varies" not in c.metadata
    ]
    assert untold == []
