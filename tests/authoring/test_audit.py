"""Deliberately bad notebooks: each must be red, for the reason it was made bad.

All of them run in one process of nbval and the audit. A good notebook runs along, to show that it is the
badness that is red.
"""

import json
import os
import re
import subprocess
import sys
from typing import Any

import nbformat
import pytest

from todo_lib.authoring.build import CURTAIN
from todo_lib.course.migration.project import REPOSITORY
from todo_lib.lab.messages import Note

TIMEOUT = 2  # seconds a cell may take here
ERROR = ["raises-exception"]
IGNORE = "nbval-ignore-output"  # so that only the audit can notice

LOAD = ("%load_ext todo_lib.course", [], [])
ONE = ("1", ["1"], [])
BEHIND_A_CURTAIN = ("2", [CURTAIN, "2"], [])
SQLALCHEMY_2_1 = """print("✓ MissingGreenlet, as expected: can't call await_() here")
print("  It came inside StatementError: write `except StatementError`.")
print("✓ IntegrityError, as expected")"""
SQLALCHEMY_2_0 = (
    "✓ MissingGreenlet, as expected: can't call await_only() here\n✓ IntegrityError, as expected\n"
)
ANOTHER_VERSION = (SQLALCHEMY_2_1, [nbformat.v4.new_output("stream", text=SQLALCHEMY_2_0)], [])


def stored_error(name: str, value: str, line: int = 1) -> list[Any]:
    """Return the stored outputs of a cell whose only line raised: the error, and the lab's note below it."""
    note = Note("·", f"this cell, line {line}: `{{}}['x']`")
    return [
        nbformat.v4.new_output("error", ename=name, evalue=value, traceback=[]),
        nbformat.v4.new_output("display_data", {"text/plain": repr(note), "text/html": note._repr_html_()}),
    ]


GOOD = [LOAD, ONE, BEHIND_A_CURTAIN, ANOTHER_VERSION]
# name → (cells: source, stored outputs, tags; the test that must fail; words of its message)
BAD: dict[str, tuple[list[tuple[str, list[Any], list[str]]], str, str]] = {
    "wrong_error_raised": (
        [LOAD, ("{}['x']", stored_error("ValueError", "no"), ERROR)],
        "Cell 1",
        "ValueError",
    ),
    "no_error_raised": (
        [LOAD, ("x = 1", stored_error("ValueError", "no"), ERROR)],
        "Cell 1",
        "Missing output fields",
    ),
    "never_awaited": (
        [LOAD, ONE, ("import asyncio\nasyncio.sleep(0);", [], [IGNORE])],
        "audit",
        "not awaited: sleep",
    ),
    "never_awaited_and_kept_as_result": (
        [LOAD, ONE, ("import asyncio\nasyncio.sleep(0)", [], [IGNORE])],
        "audit",
        "not awaited: sleep",
    ),
    "background_task_failed": (
        [
            LOAD,
            ONE,
            (
                "import asyncio\nasync def fail():\n    raise ValueError('lost')\n"
                "task = asyncio.create_task(fail())\nawait asyncio.sleep(0.01)",
                [],
                [IGNORE],
            ),
        ],
        "audit",
        "task failed: ValueError: lost",
    ),
    "task_left_pending": (
        [LOAD, ONE, ("import asyncio\ntask = asyncio.create_task(asyncio.sleep(1000))", [], [])],
        "audit",
        "task still running, started by `task = asyncio.create_task(asyncio.sleep(1000))`",
    ),
    "engine_not_disposed": (
        [LOAD, ONE, ("from todo_lib.course import new_database\nfactory = await new_database()", [], [])],
        "audit",
        "engine not disposed: sqlite+aiosqlite:///…/todo.db holds 1 connection(s)",
    ),
    "connection_not_closed": (
        [LOAD, ONE, ("import aiosqlite\nconnection = await aiosqlite.connect(':memory:')", [], [])],
        "audit",
        "thread still running",
    ),
    "outputs_stripped": ([LOAD, ("1", None, [])], "audit", "has never been run"),
    "nothing_to_compare": ([LOAD, ("x = 1", [], [])], "audit", "not one stored output"),
    "output_changed": ([LOAD, ("1 + 1", ["3"], [])], "Cell 1", "Cell outputs differ"),
    "cell_hangs": (
        [LOAD, ONE, ("import asyncio\nawait asyncio.sleep(1000)", [], [])],
        "Cell 2",
        "CancelledError",
    ),
    "lab_not_loaded": ([ONE], "audit", "does not load the lab"),
    "report_expected_and_missing": (
        [LOAD, ONE, ("x = 1", [], ["expect-report"])],
        "audit",
        "nothing was reported in a cell tagged expect-report",
    ),
    "exercise_never_checked": (
        [LOAD, ONE, ("q = lesson('05')", [], [])],
        "audit",
        "exercise 'get' was never checked",
    ),
    "fails_when_run_again": (
        [LOAD, ONE, ("assert 'before' not in globals()\nbefore = 1", [], [])],
        "again",
        "raises AssertionError",
    ),
    "fails_when_run_twice": (
        [LOAD, ONE, ("before = 0", [], []), ("before += 1\nassert before == 1", [], [])],
        "again",
        "raises AssertionError",
    ),
    "no_error_when_run_again": (
        [
            LOAD,
            (
                "if 'before' not in globals():\n    before = 1\n    {}['x']",
                stored_error("KeyError", "'x'", 3),
                ERROR,
            ),
        ],
        "again",
        "raises nothing",
    ),
    "stub_in_the_solved_edition": (
        [LOAD, ONE, ("q = lesson('05')\nawait q.get.check(None)", [], [IGNORE])],
        "audit",
        "get is NOT_STARTED",
    ),
}
SOLVED = {"exercise_never_checked", "stub_in_the_solved_edition"}
LEARNER = {"fails_when_run_again", "fails_when_run_twice", "no_error_when_run_again"}


def notebook(name: str, cells: list[tuple[str, Any, list[str]]]) -> nbformat.NotebookNode:
    """Return a notebook as if it had been run and stored; outputs of None mean it was not run."""
    made = []
    for number, (source, outputs, tags) in enumerate(cells, 1):
        results = [
            nbformat.v4.new_output("execute_result", {"text/plain": each}, execution_count=number)
            if isinstance(each, str)
            else each
            for each in outputs or []
        ]
        made.append(
            nbformat.v4.new_code_cell(
                source,
                id=f"cell-{number}",
                metadata={"tags": tags} if tags else {},
                outputs=results,
                execution_count=None if outputs is None else number,
            )
        )
    edition = {"edition": "solved"} if name in SOLVED else {"edition": "learner"} if name in LEARNER else {}
    return nbformat.v4.new_notebook(cells=made, metadata={"todo_lab": edition})


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run the good notebook and every bad one; return what the audit wrote down."""
    folder = tmp_path_factory.mktemp("notebooks")
    nbformat.write(notebook("good", GOOD), folder / "good.ipynb")
    for name, (cells, _, _) in BAD.items():
        nbformat.write(notebook(name, cells), folder / f"{name}.ipynb")
    report = folder / "report.json"
    command = [
        *(
            sys.executable,
            "-m",
            "pytest",
            "--nbval",
            "-p",
            "todo_lib.authoring.audit",
            "-p",
            "no:cacheprovider",
        ),
        *(
            "--assert=plain",
            "--tb=short",
            "-q",
            "-n",
            "0",
            f"-c{REPOSITORY / 'pyproject.toml'}",
            f"--rootdir={folder}",
        ),
        *(f"--nbval-cell-timeout={TIMEOUT}", f"--audit-report={report}", "--whole-course", str(folder)),
    ]
    environment = {**os.environ, "TMPDIR": str(folder)}  # kernels are killed: what they leave goes with it
    done = subprocess.run(command, env=environment, check=False, capture_output=True, encoding="utf-8")
    assert done.returncode == 1, done.stdout
    return {"said": done.stdout, **json.loads(report.read_text("utf-8"))}


def messages(ran: dict[str, Any], name: str) -> dict[str, str]:
    """Return the tests of a notebook that failed, each with its message."""
    return ran["failed"].get(f"{name}.ipynb", {})


def test_the_good_notebook_is_green(ran: dict[str, Any]) -> None:
    """Otherwise red would mean nothing."""
    assert messages(ran, "good") == {}
    assert ran["audited"]["good.ipynb"]["ran"] == {"compared": len(GOOD)}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_notebook_is_red(ran: dict[str, Any], name: str) -> None:
    """The test that was meant to fail fails, and its message says why."""
    _, test, words = BAD[name]
    assert words in messages(ran, name).get(test, ""), messages(ran, name)


def test_a_lesson_that_did_not_run_is_noticed(ran: dict[str, Any]) -> None:
    """In each edition; and what ran is told in numbers."""
    assert "05 First awaits, learner edition: not audited" in ran["said"]
    assert "05 First awaits, solved edition: not audited" in ran["said"]
    assert re.search(r"\d+ notebooks audited: \d+ cells compared", ran["said"])
