"""Deliberately bad notebooks: each must be red, for the reason it was made bad.

All of them run in one process of nbval and the gate. A good notebook runs along, to show that it is the
badness that is red.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from todo_lib.lab.show import Note

TIMEOUT = 2  # seconds a cell may take here
IGNORE = "nbval-ignore-output"  # so that only the gate can notice

LOAD = ("%load_ext todo_lib.lab", [], [])
ONE = ("1", ["1"], [])


def stored_error(name: str, value: str) -> list[Any]:
    """Return the stored outputs of a cell whose only line raised: the error, and the lab's note below it."""
    note = Note("·", "this cell, line 1: `{}['x']`")
    return [
        nbformat.v4.new_output("error", ename=name, evalue=value, traceback=[]),
        nbformat.v4.new_output("display_data", {"text/plain": repr(note), "text/html": note._repr_html_()}),
    ]


# name → (cells: source, stored outputs, tags; the test that must fail; words of its message)
BAD: dict[str, tuple[list[tuple[str, list[Any], list[str]]], str, str]] = {
    "wrong_error_raised": (
        [LOAD, ("{}['x']", stored_error("ValueError", "no"), ["raises-exception"])],
        "Cell 1",
        "ValueError",
    ),
    "no_error_raised": (
        [LOAD, ("x = 1", stored_error("ValueError", "no"), ["raises-exception"])],
        "Cell 1",
        "Missing output fields",
    ),
    "never_awaited": (
        [LOAD, ONE, ("import asyncio\nasyncio.sleep(0);", [], [IGNORE])],
        "gate",
        "not awaited: sleep",
    ),
    "never_awaited_and_kept_as_result": (
        [LOAD, ONE, ("import asyncio\nasyncio.sleep(0)", [], [IGNORE])],
        "gate",
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
        "gate",
        "task failed: ValueError: lost",
    ),
    "task_left_pending": (
        [LOAD, ONE, ("import asyncio\ntask = asyncio.create_task(asyncio.sleep(1000))", [], [])],
        "gate",
        "task still running, started by `task = asyncio.create_task(asyncio.sleep(1000))`",
    ),
    "engine_not_disposed": (
        [LOAD, ONE, ("from todo_lib.lab import new_database\nfactory = await new_database()", [], [])],
        "gate",
        "engine not disposed: sqlite+aiosqlite:///…/todo.db holds 1 connection(s)",
    ),
    "connection_not_closed": (
        [LOAD, ONE, ("import aiosqlite\nconnection = await aiosqlite.connect(':memory:')", [], [])],
        "gate",
        "thread still running",
    ),
    "outputs_stripped": ([LOAD, ("1", None, [])], "gate", "has never been run"),
    "nothing_to_compare": ([LOAD, ("x = 1", [], [])], "gate", "not one stored output"),
    "output_changed": ([LOAD, ("1 + 1", ["3"], [])], "Cell 1", "Cell outputs differ"),
    "cell_hangs": (
        [LOAD, ONE, ("import asyncio\nawait asyncio.sleep(1000)", [], [])],
        "Cell 2",
        "CancelledError",
    ),
    "lab_not_loaded": ([ONE], "gate", "does not load the lab"),
    "report_expected_and_missing": (
        [LOAD, ONE, ("x = 1", [], ["expect-report"])],
        "gate",
        "nothing was reported in a cell tagged expect-report",
    ),
    "exercise_never_checked": (
        [LOAD, ONE, ("q = lesson('05')", [], [])],
        "gate",
        "exercise 'get' was never checked",
    ),
    "stub_in_the_solved_edition": (
        [LOAD, ONE, ("q = lesson('05')\nawait q.get.check(None)", [], [IGNORE])],
        "gate",
        "get is NOT_STARTED",
    ),
}
SOLVED = {"exercise_never_checked", "stub_in_the_solved_edition"}


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
    edition = {"edition": "solved"} if name in SOLVED else {}
    return nbformat.v4.new_notebook(cells=made, metadata={"todo_lab": edition})


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run the good notebook and every bad one; return what the gate wrote down, by notebook."""
    folder = tmp_path_factory.mktemp("notebooks")
    nbformat.write(notebook("good", [LOAD, ONE]), folder / "good.ipynb")
    for name, (cells, _, _) in BAD.items():
        nbformat.write(notebook(name, cells), folder / f"{name}.ipynb")
    report = folder / "report.json"
    script = f"sys.exit(run_nbval(Path({str(folder)!r}), report=Path({str(report)!r}), timeout={TIMEOUT}))"
    imports = "import sys; from pathlib import Path; from todo_lib.course.validate import run_nbval"
    environment = {**os.environ, "TMPDIR": str(folder)}  # kernels are killed: what they leave goes with it
    command = [sys.executable, "-c", f"{imports}; {script}"]
    assert subprocess.run(command, env=environment, check=False).returncode == 1
    return {Path(path).stem: result for path, result in json.loads(report.read_text("utf-8")).items()}


def test_the_good_notebook_is_green(ran: dict[str, Any]) -> None:
    """Otherwise red would mean nothing."""
    assert ran["good"]["failed"] == []
    assert ran["good"]["passed"] == {"compared": 2, "gate": 1}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_notebook_is_red(ran: dict[str, Any], name: str) -> None:
    """The test that was meant to fail fails, and its message says why."""
    _, test, words = BAD[name]
    messages = {failure["name"]: failure["message"] for failure in ran[name]["failed"]}
    assert words in messages.get(test, ""), messages
