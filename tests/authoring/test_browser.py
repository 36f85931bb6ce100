"""Every notebook in a real browser: it survives what learners do, gives nothing away, and puzzles nobody.

What is seen stays in build/screenshots, to be looked at.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat import read, v4, write

from tests.authoring.browser import BrowserSession, NoBrowserError, browser_session
from todo_lib.authoring.build import CURTAIN, NOTEBOOKS
from todo_lib.authoring.editions import HIDDEN
from todo_lib.course.syllabus import lessons

PICTURES = NOTEBOOKS.parent / "build" / "screenshots"
RAISES = {"tags": ["raises-exception"]}
LEAVE_RUNNING = """import subprocess, sys
sleep = [sys.executable, "-c", "import time; time.sleep(300)"]
start = f"import subprocess; subprocess.Popen({sleep}, start_new_session=True)"
subprocess.run([sys.executable, "-c", start], check=True)  # the kernel would end a child of its own
"""

# A notebook's cells, and the problem that each must be reported with; "" where nothing is wrong.
BROKEN = [
    ("1", RAISES, "raised nothing"),
    ("1 / 0", RAISES, ""),
    ("import sys; print('careful', file=sys.stderr)", {}, "wrote to stderr: careful"),
    ("from IPython.display import HTML, Javascript", {}, ""),
    ("HTML('<table><tr><td>' + 'wide' * 400 + '</td></tr></table>')", {}, "cut off"),
    ("HTML('<pre style=\"overflow-x: auto\">' + 'code' * 400 + '</pre>')", {}, ""),
    ("HTML('<img src=\"http://elsewhere.invalid/picture.png\">')", {}, "the network is needed"),
    ("Javascript('setTimeout(() => { throw new Error(\"torn\") })')", {}, "the browser met torn"),
    ("import os; assert not {'TODO_LAB_STRICT', 'TODO_LAB_RUNNER'} & set(os.environ)", {}, ""),
    (LEAVE_RUNNING, {}, "left running"),
    ("1 / 0", {}, "raised ZeroDivisionError"),
    ("'never reached'", {}, "did not run"),
]


@pytest.fixture(scope="module")
def jupyterlab() -> Iterator[BrowserSession]:
    """Give one JupyterLab in one page to all tests: it takes longer to load than most notebooks to run."""
    try:
        with browser_session(NOTEBOOKS) as session:
            yield session
    except NoBrowserError as error:
        without_browser(str(error))


def without_browser(reason: str) -> None:
    """Fail where the course is proven; skip on a learner's machine, which needs no Chromium."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(f"{reason}: no notebook was looked at")


@pytest.mark.parametrize("name", [each.notebook.removesuffix(".ipynb") for each in lessons()])
def test_a_learner_can_run_the_notebook(name: str, jupyterlab: BrowserSession) -> None:
    """Half of it, and after a restart all of it: cells fail only where they should, and fit in the window.

    What is stored can be seen when its cell is run, and not before.
    """
    PICTURES.mkdir(parents=True, exist_ok=True)
    found = jupyterlab.problems(NOTEBOOKS / f"{name}.ipynb", PICTURES)
    assert not found, "\n".join(found)


def broken(path: Path, cells: list[tuple[str, dict[str, list[str]]]]) -> Path:
    """Write a notebook of these cells: source and metadata."""
    made = [v4.new_code_cell(source, metadata=metadata) for source, metadata in cells]
    kernel = {"name": "python3", "display_name": "Python 3"}
    write(v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
    return path


def test_every_problem_is_found(jupyterlab: BrowserSession, tmp_path: Path) -> None:
    """Each broken cell is reported, and nothing else is."""
    path = broken(tmp_path / "broken.ipynb", [(source, metadata) for source, metadata, _ in BROKEN])
    # It is left running by each run, in a process of its own; and waited for in vain.
    found = {re.sub(r"pid=\d+.*", "", problem) for problem in jupyterlab.problems(path, grace=1)}
    wanted = [words for *_, words in BROKEN if words]
    assert len(found) == len(wanted), "\n".join(found)
    assert [words for words in wanted if not any(words in problem for problem in found)] == []


TEXT = v4.new_output("execute_result", data={"text/plain": "'the answer'"}, execution_count=1)
PICTURE = v4.new_output("display_data", data={"text/html": "<svg width='9' height='9'></svg>"})
ERROR = v4.new_output("error", ename="ValueError", evalue="the answer")


@pytest.mark.parametrize("metadata", [{}, HIDDEN], ids=["open", "hidden"])
@pytest.mark.parametrize("curtain", [[], [CURTAIN]], ids=["", "curtain"])
def test_an_answer_that_is_seen_too_early_is_reported(
    metadata: dict[str, object], curtain: list[object], jupyterlab: BrowserSession, tmp_path: Path
) -> None:
    """JupyterLab shows the beginning of what it hides: only behind an empty output is it out of sight."""
    path = broken(tmp_path / "stored.ipynb", [("'the answer'", metadata)] * 3)
    stored = read(path, as_version=4)
    for number, (cell, output) in enumerate(zip(stored.cells, (TEXT, PICTURE, ERROR), strict=True)):
        cell.outputs, cell.id = [*curtain, output], f"cell-{number}"
    write(stored, path)
    early = [each for each in jupyterlab.problems(path) if each.startswith("shown before its cell is run")]
    assert len(early) == (0 if curtain and metadata else 3), early


def test_a_restart_shows_what_one_run_would_not(jupyterlab: BrowserSession, tmp_path: Path) -> None:
    """What half of a notebook leaves behind must not stop the next run."""
    cells = ["open('half-way', 'x').close()", "import os; os.remove('half-way')"]
    found = jupyterlab.problems(broken(tmp_path / "again.ipynb", [(source, {}) for source in cells]))
    assert "raised FileExistsError" in "\n".join(found)


def test_a_missing_browser_is_an_error_only_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no Chromium reads what was left out."""
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="gone"):
        without_browser("gone")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="no notebook was looked at"):
        without_browser("gone")
