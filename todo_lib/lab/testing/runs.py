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
LIMIT = 60.0  # seconds for one test
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
    skipped: str = ""
    """Why it did not run, or could not fail: it was skipped, left out, or marked with `xfail`."""

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
        """Return the failure in one line, the same in every run; or why it did not run.

        What an `assert` with words of its own has compared belongs to it.
        """
        if self.skipped:
            return self.skipped
        compared = (
            re.search(r"\n(assert [^<\n]+ == [^<\n]+)(?:\n|$)", self.message)
            if self.kind == "AssertionError"
            else None
        )
        seen = f" ({stable_text(AssertionError(compared[1]))})" if compared else ""
        # What ends with a colon is a title: FastAPI says only below it which field is wrong.
        error = type(self.error)(re.sub(r"\A([^\n]*:)\n\s*", r"\1 ", self.message))
        return f"{self.kind}: {stable_text(error)}{seen}".removesuffix(": ")

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
        return [result for result in self.results if not (result.passed or result.skipped)]

    @property
    def passed(self) -> list[TestResult]:
        """Return what ran and passed."""
        return [result for result in self.results if result.passed]

    @property
    def skipped(self) -> list[TestResult]:
        """Return what did not run, or could not fail."""
        return [result for result in self.results if result.skipped]

    @property
    def green(self) -> bool:
        """Return whether a test passed, and none failed."""
        return bool(self.passed) and not self.failed

    def of(self, file: str) -> "TestRun":
        """Return the part that stands in one file."""
        return TestRun(tuple(result for result in self.results if result.file == file))

    @property
    def counts(self) -> str:
        """Return in words how many tests passed, failed and did not run."""
        if any(not result.test and result.file.endswith(".py") for result in self.failed):
            return "cannot be imported"
        parts = {"passed": self.passed, "failed": self.failed, "skipped": self.skipped}
        return ", ".join(f"{len(found)} {word}" for word, found in parts.items() if found)

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
                f"  {'✓' if result.passed else '–' if result.skipped else '✗'} {result.test}"
                for result in part.results
                if result.test
            ]
            for reason in dict.fromkeys(result.reason for result in (*part.failed, *part.skipped)):
                lines.append(f"  reason: {reason}")
        return Note(*(("✓", "green") if self.green else ("✗", "red")), tuple(lines))

    def __repr__(self) -> str:
        return repr(self.note)

    def _repr_html_(self) -> str:
        return self.note._repr_html_()


class StoppedError(TimeoutError):
    """The runs took too long, and were stopped."""

    def __init__(self, limit: float, runs: Sequence[TestRun], test: str) -> None:
        inside = f" in {test}" if test else ""
        super().__init__(f"the tests were stopped after {limit:.0f} seconds{inside}")
        self.runs = runs
        """What was finished."""
        self.test = test
        """The test that was running, as pytest writes it, or ""."""


async def run_projects(jobs: Sequence[tuple[Files, Sequence[str]]], limit: float = LIMIT) -> list[TestRun]:
    """Run pytest on several projects, each with what to select, in one process of its own.

    Raise `StoppedError` if one test takes longer than `limit` seconds. All of them together may take longer:
    how long depends on the machine.
    """
    with tempfile.TemporaryDirectory(prefix="todo-project-", ignore_cleanup_errors=True) as place:
        arguments = []
        for number, (files, select) in enumerate(jobs):
            folder = os.path.join(place, str(number))
            write_project(Path(folder), files)
            arguments.append(json.dumps({"folder": folder, "select": list(select)}))
        finished, said = await _run([os.path.join(place, "results"), *arguments], limit, Path(place, "now"))
        runs, running = _results(place), _read(place, "now")
    if not finished:
        raise StoppedError(limit, runs, running)
    if len(runs) != len(jobs):
        raise RuntimeError(f"the runner of the tests broke down: {said[-1000:]}")
    return runs


def _results(place: str) -> list[TestRun]:
    """Return what the runner has written so far."""
    runs = []
    for line in _read(place, "results").splitlines():
        found = json.loads(line)
        for each in found:
            each["text"] = each["text"].replace(place, "…")
        runs.append(TestRun(tuple(TestResult(**each) for each in found)))
    return runs


def _read(place: str, name: str) -> str:
    file = Path(place, name)
    return file.read_text("utf-8") if file.exists() else ""


async def _run(arguments: list[str], limit: float, now: Path) -> tuple[bool, str]:
    """Start the runner, wait for it; return whether it ended in time, and what it said of itself.

    Whenever the file `now` changes, it has `limit` seconds again. Cancelled, it is stopped first.
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
            async with asyncio.timeout(limit) as deadline:
                last = 0
                while process.poll() is None:
                    await asyncio.sleep(0.02)
                    changed = now.stat().st_mtime_ns if now.exists() else 0  # noqa: ASYNC240 (it is quick)
                    if changed != last:
                        last = changed
                        deadline.reschedule(asyncio.get_running_loop().time() + limit)
        except TimeoutError:
            return False, ""
        finally:
            process.kill()
        said.seek(0)
        return True, said.read()
