"""From lesson to notebook: what is built is stable, what is stale is found, what is unchanged is not run."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from todo_lib.authoring import build as builder
from todo_lib.authoring import readme
from todo_lib.authoring.build import (
    NOTEBOOKS,
    StaleNotebookError,
    build,
    build_solved,
    refuse_stale,
    why_stale,
    write_solved,
)
from todo_lib.authoring.editions import notebook
from todo_lib.authoring.insert import insert
from todo_lib.course import syllabus
from todo_lib.course.source import LessonSource, SourceError, read, sources
from todo_lib.course.syllabus import SyllabusError
from todo_lib.course.texts import texts

LESSON = """---
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
lesson:
  number: "00"
  part: 1
  title: A lesson
  idea: One is enough.
  objectives: count
  prerequisites: nothing
  minutes: 1
  stop: counting
---

## How many?

{{question: many}}

```{code-cell} ipython3
:exercise: sum

total = 0
### BEGIN SOLUTION
total = 1 + 1
### BEGIN STUB
# total = ...
### END SOLUTION
total
```

+++ {"solution": "sum"}

One and one.

+++

```{code-cell} ipython3
:varies: it counts nanoseconds

import time
time.perf_counter_ns()
```

The end of lesson {{counting}}, {{counting.title}}.
"""
TEXTS = """
[many]
kind = "prediction"
question = "How many are one and one?"
right = "B"
options.A = "One"
options.B = "Two"
why.A = "No."
why.B = "Yes."

[sum]
hints = ["a", "b", "c"]
"""


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a course of one lesson, by its folder."""
    folder = tmp_path / "lessons" / "counting"
    folder.mkdir(parents=True)
    (folder / "lesson.md").write_text(LESSON, encoding="utf-8")
    (folder / "texts.toml").write_text(TEXTS, encoding="utf-8")
    monkeypatch.setattr(syllabus, "LESSONS", tmp_path / "lessons")
    _forget_what_was_read()
    yield folder
    monkeypatch.undo()
    _forget_what_was_read()


def _forget_what_was_read() -> None:
    syllabus.lessons.cache_clear()
    texts.cache_clear()


def changed(folder: Path, old: str, new: str, file: str = "lesson.md") -> LessonSource:
    """Change a lesson and read it again."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    _forget_what_was_read()
    return read(folder)


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


def test_building_twice_gives_the_same_bytes(course: Path, tmp_path: Path) -> None:
    """Even a cell that varies keeps what is stored."""
    source = read(course)
    path = build(source, tmp_path)
    build_solved(source, tmp_path)
    first = path.read_bytes()
    assert why_stale(source, tmp_path) is None
    builder.forget(path)
    assert path.read_bytes() != first
    assert build(source, tmp_path).read_bytes() == first


def test_a_change_of_prose_needs_no_kernel(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outputs serve again; a hint is prose, too. Code, or a question that a cell shows, is run."""
    path = build(read(course), tmp_path)
    before = nbformat.read(path, as_version=4).cells
    runs: list[str] = []
    monkeypatch.setattr(builder, "execute", lambda made, folder: runs.append("a kernel"))
    source = changed(course, "## How many?", "## How much?")
    assert why_stale(source, tmp_path) == f"{path.name} differs from lessons/counting"
    after = nbformat.read(build(source, tmp_path), as_version=4).cells
    assert [cell.id for cell in after] == [cell.id for cell in before]
    assert [cell.get("outputs") for cell in after] == [cell.get("outputs") for cell in before]
    build(changed(course, '"a", "b"', '"a", "better"', "texts.toml"), tmp_path)
    assert runs == []
    build(changed(course, 'why.A = "No."', 'why.A = "Not so."', "texts.toml"), tmp_path)
    build(changed(course, "total = 0", "total = 7"), tmp_path)
    assert len(runs) == 2


def test_cells_keep_their_ids(course: Path, tmp_path: Path) -> None:
    """Whether they are edited, or others come in between; a new one gets one of its own."""
    stored = notebook(read(course), "learner")
    edited = notebook(changed(course, "total = 0", "total = 7"), "learner", stored)
    assert [cell.id for cell in edited.cells] == [cell.id for cell in stored.cells]
    more = changed(course, "The end of", "```{code-cell} ipython3\n1\n```\n\nThe end of")
    ids = [cell.id for cell in notebook(more, "learner", stored).cells]
    assert len(set(ids)) == len(ids) == len(stored.cells) + 1
    assert {cell.id for cell in stored.cells} < set(ids)


def test_another_number_is_another_file(course: Path, tmp_path: Path) -> None:
    """The notebook goes with it, with its ids, and without a run."""
    old = build(read(course), tmp_path)
    shutil.copytree(course, course.with_name("doubling"))
    moved = changed(course, '"00"', '"01"')
    new = build(moved, tmp_path)
    assert (old.name, new.name) == ("00_counting.ipynb", "01_counting.ipynb")
    assert not old.exists()


def test_a_notebook_that_was_stripped_is_stale(course: Path, tmp_path: Path) -> None:
    """Without outputs there is nothing to compare."""
    source = read(course)
    build_solved(source, tmp_path)
    path = build(source, tmp_path)
    stripped = nbformat.read(path, as_version=4)
    for cell in stripped.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(stripped, path)
    assert "without having been run" in str(why_stale(source, tmp_path))


def test_the_solved_edition_is_compared_with_what_it_showed(course: Path, tmp_path: Path) -> None:
    """Its outputs are kept beside the lesson; without them, or after a change of its code, it is stale."""
    source = read(course)
    build(source, tmp_path)
    assert "solved.json differs" in str(why_stale(source, tmp_path))
    build_solved(source, tmp_path)
    cells = nbformat.read(write_solved(source, tmp_path / ".."), as_version=4).cells
    shown = [cell.outputs for cell in cells if cell.cell_type == "code"]
    assert shown[0][0]["data"] == {"text/plain": "2"}
    assert shown[1] == []  # it varies
    solution = changed(course, "total = 1 + 1", "total = 2")
    assert "solved.json differs" in str(why_stale(solution, tmp_path))


def test_noise_is_refused(course: Path, tmp_path: Path) -> None:
    """An address in memory is another one next time."""
    source = changed(course, "import time\ntime.perf_counter_ns()", "object()")
    with pytest.raises(RuntimeError, match="the output holds '0x"):
        build(source, tmp_path)


def test_a_failing_cell_stops_the_build(course: Path, tmp_path: Path) -> None:
    """Unless it is tagged, an error is not a lesson."""
    with pytest.raises(Exception, match="ZeroDivisionError"):
        build(changed(course, "total = 0", "1 / 0"), tmp_path)


def test_what_is_committed_is_what_the_lessons_say() -> None:
    """Otherwise: make notebooks."""
    refuse_stale()


def test_stale_missing_and_orphaned_notebooks_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is named; so is README's table."""
    (tmp_path / "98_orphan.ipynb").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(readme, "is_stale", lambda: True)
    with pytest.raises(StaleNotebookError) as caught:
        refuse_stale(tmp_path)
    assert "98_orphan.ipynb has no source" in str(caught.value)
    assert f"{sources()[0].info.notebook} does not exist" in str(caught.value)
    assert "the table of lessons in README.md differs" in str(caught.value)


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


def test_the_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`--check` builds nothing and accepts what is committed; only what changed is built."""
    built: list[str] = []
    monkeypatch.setattr(builder, "build", lambda source: built.append(source.info.number))
    monkeypatch.setattr(builder, "build_solved", lambda source, folder: built.append("solved"))
    for arguments in (["--check"], [], ["--lesson", "05"], ["--solved", str(tmp_path / "new")]):
        monkeypatch.setattr("sys.argv", ["build", *arguments])
        builder.main()
    assert built == []
    assert len(list((tmp_path / "new").glob("*.ipynb"))) == len(sources())
    monkeypatch.setattr(builder, "forget", lambda path: None)
    monkeypatch.setattr("sys.argv", ["build", "--all", "--lesson", "05"])
    builder.main()
    assert built == ["05", "solved"]
    monkeypatch.setattr("sys.argv", ["build", "--lesson", "99"])
    with pytest.raises(SystemExit, match="there is no lesson '99'"):
        builder.main()


def test_only_notebooks_are_where_a_learner_looks() -> None:
    """No source, no solution, nothing of ours."""
    ours = {path.name for path in NOTEBOOKS.iterdir() if not path.name.startswith(".")}
    strangers = {
        name for name in ours if not re.fullmatch(r"\d\d_\w+\.ipynb|workspace(-\d+)?|todo\.db.*", name)
    }
    assert strangers == set()
    assert json.loads((NOTEBOOKS / sources()[0].info.notebook).read_text("utf-8"))["nbformat"] == 4
