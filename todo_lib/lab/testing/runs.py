"""Run pytest on projects from a notebook, and show what became of their tests.

The tests run in a process of their own, so nothing of them stays in the notebook.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from todo_lib.lab.errors.expected import stable_text
from todo_lib.lab.errors.lookup import find
from todo_lib.lab.errors.model import Entry
from todo_lib.lab.messages import Note
from todo_lib.lab.testing.projects import Files, write_project

OTHER_RUNNER = "TODO_LAB_RUNNER"  # a variable of the environment: the tests of the course have a faster one
RUNNER = Path(os.environ.get(OTHER_RUNNER) or Path(__file__).with_name("run_pytest.py"))
LIMIT = 60.0  # seconds for all the runs of one call
# What would change how the tests run: our own switches, and pytest's.
NOT_INHERITED = ("TODO_LAB_STRICT", "TODO_DATABASE_URL", "PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONWARNINGS")


@dataclass(frozen=True)
class TestResult:
    """What became of one test, or of a file that cannot be imported."""

    __test__ = False  # pytest must not take it for a class of tests

    name: str
    """As pytest writes it: `tests/test_todo.py::test_dashboard`."""
    passed: bool
    kind: str = ""
    """The name of the error's class."""
    message: str = ""
    text: str = ""
    """All that pytest says of the failure."""

    @property
    def error(self) -> Exception:
        """Return an exception with the name and the message of the one in the other process."""
        kind: type[Exception] = type(self.kind or "Exception", (Exception,), {})
        return kind(self.message)

    @property
    def entry(self) -> Entry | None:
        """Return what the catalogue knows about the failure."""
        return find(self.error) if self.kind else None

    @property
    def reason(self) -> str:
        """Return the failure in one line, the same in every run.

        What an `assert` with words of its own has compared belongs to it.
        """
        compared = (
            re.search(r"\n(assert [^<\n]+ == [^<\n]+)(?:\n|$)", self.message)
            if self.kind == "AssertionError"
            else None
        )
        seen = f" ({stable_text(AssertionError(compared[1]))})" if compared else ""
        return f"{self.kind}: {stable_text(self.error)}{seen}".removesuffix(": ")

    @property
    def file(self) -> str:
        """Return the file it stands in."""
        return self.name.partition("::")[0]

    @property
    def test(self) -> str:
        """Return its name without the file's; empty for a file that cannot be imported."""
        return self.name.partition("::")[2]


@dataclass(frozen=True)
class TestRun:
    """What became of the tests of one project. It shows itself, as text and as HTML."""

    __test__ = False  # pytest must not take it for a class of tests

    results: tuple[TestResult, ...]

    @property
    def failed(self) -> list[TestResult]:
        """Return what failed."""
        return [result for result in self.results if not result.passed]

    @property
    def green(self) -> bool:
        """Return whether there is a test, and none that fails."""
        return bool(self.results) and not self.failed

    def of(self, file: str) -> "TestRun":
        """Return the part that stands in one file."""
        return TestRun(tuple(result for result in self.results if result.file == file))

    @property
    def counts(self) -> str:
        """Return in words how many tests passed and failed."""
        if any(not result.test and result.file.endswith(".py") for result in self.failed):
            return "cannot be imported"
        passed = len(self.results) - len(self.failed)
        return ", ".join(
            f"{count} {word}" for count, word in ((passed, "passed"), (len(self.failed), "failed")) if count
        )

    @property
    def note(self) -> Note:
        """Return what is shown."""
        if not self.results:
            return Note("?", "no test was found", ("pytest looks for `test_*.py` in `tests/`.",))
        lines: list[str] = []
        for file in dict.fromkeys(result.file for result in self.results):
            part = self.of(file)
            lines.append(f"`{file}`: {part.counts}")
            lines += [
                f"  {'✓' if result.passed else '✗'} {result.test}" for result in part.results if result.test
            ]
            for reason in dict.fromkeys(result.reason for result in part.failed):
                lines.append(f"  reason: {reason}")
        return Note(*(("✓", "green") if self.green else ("✗", "red")), tuple(lines))

    def __repr__(self) -> str:
        return repr(self.note)

    def _repr_html_(self) -> str:
        return self.note._repr_html_()


async def run_projects(jobs: Sequence[tuple[Files, Sequence[str]]], limit: float = LIMIT) -> list[TestRun]:
    """Run pytest on several projects, each with what to select, in one process of its own.

    Raise `TimeoutError` with the number of finished runs as its argument, after `limit` seconds.
    """
    with tempfile.TemporaryDirectory(prefix="todo-project-", ignore_cleanup_errors=True) as place:
        arguments = []
        for number, (files, select) in enumerate(jobs):
            folder = os.path.join(place, str(number))
            write_project(Path(folder), files)
            arguments.append(json.dumps({"folder": folder, "select": list(select)}))
        finished, said = await _run([os.path.join(place, "results"), *arguments], limit)
        runs = _results(place)
    if not finished:
        raise TimeoutError(len(runs))
    if len(runs) != len(jobs):
        raise RuntimeError(f"the runner of the tests broke down: {said[-1000:]}")
    return runs


def _results(place: str) -> list[TestRun]:
    """Return what the runner has written so far."""
    file, runs = Path(place, "results"), []
    for line in file.read_text("utf-8").splitlines() if file.exists() else []:
        found = json.loads(line)
        for each in found:
            each["text"] = each["text"].replace(place, "…")
        runs.append(TestRun(tuple(TestResult(**each) for each in found)))
    return runs


async def _run(arguments: list[str], limit: float) -> tuple[bool, str]:
    """Start the runner, wait for it; return whether it ended in time, and what it said of itself.

    Cancelled, it is stopped first.
    """
    environment = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment["PY_COLORS"] = (
        "0"  # a kernel asks for colours by FORCE_COLOR; what is read here is plain text
    )
    # asyncio's own subprocesses need another event loop than the one a kernel has on Windows.
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as said,
        subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, str(RUNNER), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        ) as process,
    ):
        try:
            async with asyncio.timeout(limit):
                while process.poll() is None:  # noqa: ASYNC110 (no event tells of another process's end)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            return False, ""
        finally:
            process.kill()
        said.seek(0)
        return True, said.read()
