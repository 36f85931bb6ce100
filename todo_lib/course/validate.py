"""Prove the notebooks: `python -m todo_lib.course.validate`, or one edition: `… learner`, `… solved`.

Nothing may be stale. Every lesson runs through nbval in strict mode, each edition from a fresh kernel, and
through the gate. Then what really ran is compared with what the sources promise: a lesson, cell or check that
silently did not run is a failure. `tests/test_notebooks.py` does this for both editions.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from todo_lib.course.build import build, refuse_stale
from todo_lib.course.source import NOTEBOOKS, Edition, Lesson, read, sources
from todo_lib.lab import workspace
from todo_lib.lab.project import files_after, lay

EDITIONS: tuple[Edition, ...] = ("learner", "solved")
CELL_TIMEOUT = 60  # seconds
FLOOR_IMPORTS = "import sqlalchemy.ext.asyncio, aiosqlite"
BUILD = NOTEBOOKS.parent / "build"
SANITIZE = Path(__file__).with_name("sanitize.cfg")


def run_nbval(*paths: Path, report: Path, timeout: float = CELL_TIMEOUT) -> int:
    """Run notebooks through nbval and the gate; return pytest's exit code. Once per process."""
    os.environ.update(TODO_LAB_STRICT="1", PYDEVD_DISABLE_FILE_VALIDATION="1")
    plugins = ["no:randomly", "no:cacheprovider", "no:xdist", "todo_lib.course.gate"]
    return pytest.main([
        *(f"-p{plugin}" for plugin in plugins), "-q", "--tb=short", "--assert=plain", f"-c{NOTEBOOKS.parent / 'pyproject.toml'}",
        f"--lab-report={report}", "--nbval", "--nbval-current-env", f"--nbval-cell-timeout={timeout}",
        f"--nbval-sanitize-with={SANITIZE}", *map(str, paths),
    ])  # fmt: skip


def promised(lesson: Lesson, edition: Edition) -> dict[str, int]:
    """Return how many cells of a lesson must be compared, and how many only run."""
    cells = [cell for cell in lesson.notebook(edition).cells if cell.cell_type == "code"]
    only_run = sum("varies" in cell.metadata for cell in cells)
    return {"compared": len(cells) - only_run, "only run": only_run, "gate": 1}


def kernel_floor() -> float:
    """Return the seconds that no notebook can do without: a kernel's start, the imports, its stop."""
    started = time.perf_counter()
    manager, client = start_new_kernel(extra_arguments=["--log-level=ERROR"])
    client.execute_interactive(FLOOR_IMPORTS, timeout=CELL_TIMEOUT)
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return time.perf_counter() - started


def missing(lessons: list[Lesson], ran: dict[str, Any], editions: Sequence[Edition] = EDITIONS) -> list[str]:
    """Return what the sources promise and the run did not do."""
    problems = []
    for edition in editions:
        for lesson in lessons:
            name = f"{lesson.path.stem}.ipynb"
            found = [result for node, result in ran.items() if node.endswith(f"{_folder(edition)}/{name}")]
            if len(found) != 1:
                problems.append(f"{name}, {edition} edition: ran {len(found)} times")
                continue
            passed = {kind: found[0]["passed"].get(kind, 0) for kind in promised(lesson, edition)}
            if passed != promised(lesson, edition):
                problems.append(f"{name}, {edition} edition: {passed} instead of {promised(lesson, edition)}")
            if len(found[0]["verdicts"]) < max(1, len(lesson.exercises)):
                problems.append(f"{name}, {edition} edition: only {len(found[0]['verdicts'])} checks ran")
    return problems


def _folder(edition: str) -> str:
    return "notebooks" if edition == "learner" else "solved"


def summary(lessons: list[Lesson], ran: dict[str, Any], seconds: float, floor: float) -> str:
    """Return what ran, and its time beside the time that kernels alone would take."""
    compared = sum(result["passed"].get("compared", 0) for result in ran.values())
    varying = sum(result["passed"].get("only run", 0) for result in ran.values())
    checks = sum(len(result["verdicts"]) for result in ran.values())
    bare = floor * len(ran)
    return (
        f"{len(lessons)} lessons, {len(ran)} notebooks, {compared} cells compared, {varying} only run, "
        f"{checks} checks; {seconds:.1f} s, bare kernels {bare:.1f} s, ratio {seconds / bare:.2f}"
    )


def main(editions: Sequence[Edition]) -> int:
    """Validate every notebook of these editions, or of both; return the exit code."""
    editions = editions or EDITIONS
    refuse_stale()
    lessons = [read(path) for path in sources()]
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        os.environ["TMPDIR"] = folder  # kernels are killed in the end: what they leave behind goes with this
        notebooks = [NOTEBOOKS / f"{lesson.path.stem}.ipynb" for lesson in lessons if "learner" in editions]
        if "solved" in editions:
            solved = Path(folder, "solved")
            solved.mkdir()
            lay(solved / workspace.NAME, files_after("08"))  # what the checks of the learner's files look at
            for lesson in lessons:
                build(lesson, "solved", solved)
            notebooks += sorted(solved.glob("*.ipynb"))
        report = Path(folder, "report.json")
        started = time.perf_counter()
        code = run_nbval(*notebooks, report=report)
        seconds = time.perf_counter() - started
        ran = json.loads(report.read_text(encoding="utf-8"))
        problems = missing(lessons, ran, editions)
        floor = min(kernel_floor() for _ in range(3))
    print("\n".join(problems) or summary(lessons, ran, seconds, floor))
    return code or bool(problems)


if __name__ == "__main__":
    sys.exit(main([each for each in EDITIONS if each in sys.argv[1:]]))
