"""From source to notebook: what is built is stable, what is stale is found, what is missing is counted."""

from pathlib import Path

import nbformat
import pytest

from todo_lib.course import build as builder
from todo_lib.course.build import StaleNotebookError, build, is_stale, refuse_stale
from todo_lib.course.source import Lesson, SourceError, find, read, sources
from todo_lib.course.validate import missing, promised

SOURCE = """---
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
lesson:
  title: A lesson
  minutes: 1
---

# A lesson

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
"""


def lesson_in(folder: Path, text: str = SOURCE) -> Lesson:
    """Write a source into the folder and read it."""
    path = folder / "99_a_lesson.md"
    path.write_text(text, encoding="utf-8")
    return read(path)


def test_the_editions_differ_by_the_answer_only(tmp_path: Path) -> None:
    """The learner gets the stub and no explanation, the solved edition the solution with it."""
    lesson = lesson_in(tmp_path)
    learner, solved = lesson.notebook("learner"), lesson.notebook("solved")
    assert learner.cells[1].source == "total = 0\ntotal = ...\ntotal"
    assert solved.cells[1].source == "total = 0\ntotal = 1 + 1\ntotal"
    assert [cell.source for cell in learner.cells[2:]] == ["import time\ntime.perf_counter_ns()"]
    assert solved.cells[2].source == "One and one."
    assert lesson.solution("sum") == ("total = 0\ntotal = 1 + 1\ntotal", "One and one.")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("### END SOLUTION\n", "", "without its partner"),
        ("### BEGIN STUB\n", "", "without its partner"),
        (":exercise: sum\n", "", "needs `exercise:`"),
        ("total = 0\n### BEGIN SOLUTION", "### BEGIN SOLUTION\n### BEGIN SOLUTION", "without its partner"),
    ],
)
def test_a_source_with_a_mistake_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    """A forgotten marker must not put the solution into the learner's hands."""
    with pytest.raises(SourceError, match=words):
        lesson_in(tmp_path, SOURCE.replace(old, new))


def test_building_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """Even a cell that varies keeps what is stored, and its neighbours keep their ids when one changes."""
    lesson = lesson_in(tmp_path)
    path = build(lesson, "learner", tmp_path)
    first = path.read_bytes()
    assert is_stale(lesson, tmp_path) is None
    assert build(lesson, "learner", tmp_path).read_bytes() == first

    ids = [cell.id for cell in nbformat.read(path, as_version=4).cells]
    changed = lesson_in(tmp_path, SOURCE.replace("# A lesson", "# Another"))
    assert is_stale(changed, tmp_path) == "99_a_lesson.ipynb differs from source/99_a_lesson.md"
    new_ids = [cell.id for cell in changed.notebook("learner").cells]
    assert new_ids[0] != ids[0]
    assert new_ids[1:] == ids[1:]


def test_a_notebook_that_was_stripped_is_stale(tmp_path: Path) -> None:
    """Without outputs there is nothing to compare."""
    lesson = lesson_in(tmp_path)
    nbformat.write(lesson.notebook("learner"), tmp_path / "99_a_lesson.ipynb")
    assert "without having been run" in str(is_stale(lesson, tmp_path))


def test_noise_is_refused(tmp_path: Path) -> None:
    """An address in memory is another one next time."""
    lesson = lesson_in(tmp_path, SOURCE.replace("import time\ntime.perf_counter_ns()", "object()"))
    with pytest.raises(RuntimeError, match="the output holds '0x"):
        build(lesson, "learner", tmp_path)


def test_a_failing_cell_stops_the_build(tmp_path: Path) -> None:
    """Unless it is tagged, an error is not a lesson."""
    lesson = lesson_in(tmp_path, SOURCE.replace("# A lesson\n", "```{code-cell} ipython3\n1 / 0\n```\n"))
    with pytest.raises(Exception, match="ZeroDivisionError"):
        build(lesson, "learner", tmp_path)


def test_the_committed_notebooks_are_what_their_sources_say() -> None:
    """Otherwise: make notebooks."""
    refuse_stale()


def test_a_stale_missing_or_orphaned_notebook_is_refused(tmp_path: Path) -> None:
    """Each is named."""
    (tmp_path / "98_orphan.ipynb").write_text("{}", encoding="utf-8")
    with pytest.raises(StaleNotebookError) as caught:
        refuse_stale(tmp_path)
    assert "98_orphan.ipynb has no source" in str(caught.value)
    assert f"{sources()[0].stem}.ipynb does not exist" in str(caught.value)


def test_no_source_at_all_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty glob must not pass for a course without mistakes."""
    monkeypatch.setattr("todo_lib.course.source.SOURCES", tmp_path)
    with pytest.raises(SourceError, match="no lesson"):
        sources()
    with pytest.raises(SourceError):
        find("05")


def test_what_did_not_run_is_noticed() -> None:
    """A notebook, a cell or a check that silently did not run is a failure."""
    lessons = [read(path) for path in sources()]
    name = f"{lessons[0].path.stem}.ipynb"
    checks = [{}] * max(1, len(lessons[0].exercises))
    full = {
        f"/x/{folder}/{lesson.path.stem}.ipynb": {"passed": promised(lesson, edition), "verdicts": [{}] * 99}
        for lesson in lessons
        for folder, edition in (("notebooks", "learner"), ("solved", "solved"))
    }
    assert missing(lessons, full) == []
    first = f"/x/notebooks/{name}"
    without_notebook = {path: result for path, result in full.items() if path != first}
    assert missing(lessons, without_notebook) == [f"{name}, learner edition: ran 0 times"]
    fewer = full[first]["passed"] | {"compared": full[first]["passed"]["compared"] - 1}
    assert "instead of" in missing(lessons, full | {first: {"passed": fewer, "verdicts": checks}})[0]
    assert "only 0 checks ran" in missing(lessons, full | {first: full[first] | {"verdicts": []}})[0]


def test_few_outputs_may_vary() -> None:
    """A cell whose output is not compared proves little: each says why, and there are few."""
    cells = [cell for path in sources() for cell in read(path).notebook("solved").cells]
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
    monkeypatch.setattr(builder, "build", lambda lesson, edition, folder: built.append(edition))
    for arguments in (["--check"], [], ["--all"], ["--solved", str(tmp_path / "new")]):
        monkeypatch.setattr("sys.argv", ["build", *arguments])
        builder.main()
    assert built == ["learner"] * len(sources()) + ["solved"] * len(sources())
