"""From lesson to notebook: what is built is stable, what is stale is found, what is unchanged is not run."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from tests.authoring.a_course import changed
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
from todo_lib.course.source import read, sources


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


def test_a_curtain_stands_before_every_output(course: Path, tmp_path: Path) -> None:
    """One, however often the outputs serve again; none where there is nothing to hide."""
    changed(course, "The end of", "```{code-cell} ipython3\nnothing = None\n```\n\nThe end of")
    for heading in ("## How many?", "## How much?"):
        source = changed(course, "## How many?", heading)
        cells = nbformat.read(build(source, tmp_path), as_version=4).cells
        outputs = [cell.outputs for cell in cells if cell.cell_type == "code"]
        assert [each.count(builder.CURTAIN) for each in outputs] == [1, 1, 0]
        assert [each[:1] == [builder.CURTAIN] for each in outputs] == [True, True, False]


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
