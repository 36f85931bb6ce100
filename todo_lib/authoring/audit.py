"""A pytest plugin beside nbval that sees what nbval is blind to.

    pytest --nbval notebooks -p todo_lib.authoring.audit

nbval runs the cells and compares the outputs. It does not notice a notebook without stored outputs, a
coroutine that nobody awaited, a background task that failed, or something still open at the end. So each
notebook gets two more tests after its last cell: `audit` asks the kernel what happened, and `again`, in the
learner's edition, runs all cells once more, each twice.

    --whole-course        fail unless every lesson was audited, in both editions
    --audit-report FILE   write down what really ran, as JSON
"""

import ast
import json
import os
import time
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell, IPyNbFile

from todo_lib.authoring.editions import EDITIONS, VARIES
from todo_lib.course.syllabus import lessons

# What the kernel is asked after the last cell. It must work without the lab, to say that it is missing.
QUESTION = "__import__('todo_lib.lab.report', fromlist=['report']).report()"
REPORT_EXPECTED = "expect-report"  # the tag of a cell whose forgotten await is there to be seen
ERROR_EXPECTED = "raises-exception"
CELL_TIMEOUT = 120.0  # seconds: on a busy machine, too
SANITIZE = Path(__file__).with_name("sanitize.cfg")


class AuditError(AssertionError):
    """What the audit found wrong in a notebook."""


class NotebookTest(pytest.Item):
    """A test of a whole notebook, in the kernel that has run its cells."""

    parent: IPyNbFile

    def runtest(self) -> None:
        """Raise `AuditError` for everything that is wrong."""
        kernel = self.parent.kernel
        problems = list(self.problems()) if kernel and kernel.is_alive() else ["the kernel died"]
        if problems:
            raise AuditError("\n".join(problems))

    def problems(self) -> Iterator[str]:
        """Return what is wrong, in words."""
        raise NotImplementedError

    def reply(self, code: str, silent: bool = False, **options: Any) -> dict[str, Any]:
        """Let the kernel execute code; return its reply.

        Raise `queue.Empty` if it does not answer in time.
        """
        kernel = self.parent.kernel
        message = kernel.kc.execute(code, silent=silent, allow_stdin=False, stop_on_error=False, **options)
        give_up = time.monotonic() + self.config.option.nbval_cell_timeout
        while True:
            reply = kernel.get_message("shell", timeout=max(0.0, give_up - time.monotonic()))
            if reply["parent_header"].get("msg_id") == message:
                return dict(reply["content"])

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """Return the problems, without a traceback through this plugin."""
        return str(excinfo.value) or repr(excinfo.value)

    def reportinfo(self) -> tuple[Any, int, str]:
        """Return where the item is, as pytest wants it."""
        return self.path, 0, f"{self.path.name}::{self.name}"


class Audit(NotebookTest):
    """Every cell was compared, every check ran, nothing is left."""

    def problems(self) -> Iterator[str]:
        """Ask the kernel what happened in it."""
        notebook, ran = self.parent.nb, self.config.stash[_RAN][self.parent.nodeid]
        yield from _not_compared(notebook, ran)
        answer = self.reply("", silent=True, user_expressions={"answer": QUESTION})["user_expressions"][
            "answer"
        ]
        if answer["status"] != "ok":
            yield f"the kernel could not be asked: {answer.get('evalue')}"
            return
        facts = json.loads(ast.literal_eval(answer["data"]["text/plain"]))
        about = notebook.metadata.get("todo_lab", {})
        self.user_properties.append(
            (
                "audited",
                {
                    "lesson": about.get("lesson"),
                    "edition": about.get("edition"),
                    "ran": dict(ran),
                    "checks": len(facts["verdicts"]),
                },
            )
        )
        yield from _judge(notebook, facts)


class Again(NotebookTest):
    """Every cell can be run once more in the same kernel, and then at once again."""

    def problems(self) -> Iterator[str]:
        """Run all cells, each twice, and compare which of them raise an error."""
        for cell in (cell for each in _code(self.parent.nb) for cell in (each, each)):
            reply = self.reply(cell.source)
            meant, raised = ERROR_EXPECTED in _tags(cell), reply["status"] == "error"
            if raised and not meant:
                yield f"run again, this cell raises {reply['ename']}: {reply['evalue']}\n{cell.source}"
            if meant and not raised:
                yield f"run again, this cell raises nothing:\n{cell.source}"


def _not_compared(notebook: NotebookNode, ran: Counter[str]) -> Iterator[str]:
    cells = _code(notebook)
    yield from (f"cell {cell.id} has never been run" for cell in cells if cell.execution_count is None)
    if not any(cell.outputs for cell in cells):
        yield "not one stored output: nothing was compared"
    wanted = Counter("only run" if VARIES in _tags(cell) else "compared" for cell in cells)
    for kind, number in wanted.items():
        if ran[kind] != number:
            yield f"{ran[kind]} cells were {kind} and passed, not {number}"


def _judge(notebook: NotebookNode, facts: dict[str, Any]) -> Iterator[str]:
    if not facts["watching"]:
        yield "the first cell does not load the lab: %load_ext todo_lib.course"
        return
    yield from (f"still open at the end: {thing}" for thing in facts["still_open"])
    expected = [cell.source for cell in notebook.cells if REPORT_EXPECTED in _tags(cell)]
    for report in facts["reports"]:
        if report["cell"] not in expected:
            yield f"{report['kind']}: {report['what']}, in the cell\n{report['cell']}"
    told = {report["cell"] for report in facts["reports"]}
    for source in expected:
        if source not in told:
            yield f"nothing was reported in a cell tagged {REPORT_EXPECTED}:\n{source}"
    edition = notebook.metadata.get("todo_lab", {}).get("edition")
    wanted = {"learner": "NOT_STARTED", "solved": "RIGHT"}.get(edition)
    if wanted:
        for verdict in facts["verdicts"]:
            if verdict["outcome"] != wanted:
                yield f"{verdict['exercise']} is {verdict['outcome']}"
        for name in sorted(set(facts["exercises"]) - {verdict["exercise"] for verdict in facts["verdicts"]}):
            yield f"exercise {name!r} was never checked"


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


# -- pytest's hooks ------------------------------------------------------------------------------------

_RAN = pytest.StashKey[dict[str, Counter[str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add this plugin's options."""
    group = parser.getgroup("audit", "Audit of notebooks, beside nbval")
    group.addoption("--whole-course", action="store_true", help="fail unless every lesson was audited")
    group.addoption("--audit-report", metavar="FILE", help="write what really ran to this JSON file")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Be strict: a check that fails fails its cell, a cell that hangs ends, this Python's kernel is used."""
    os.environ.update(TODO_LAB_STRICT="1", PYDEVD_DISABLE_FILE_VALIDATION="1")
    config.option.nbval_current_env = True
    config.option.nbval_sanitize_with = config.option.nbval_sanitize_with or str(SANITIZE)
    config.option.nbval_cell_timeout = min(config.option.nbval_cell_timeout, CELL_TIMEOUT)
    config.stash[_RAN] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests of the whole notebook after its last cell.

    Notebooks that measure, and so take long, come first.
    """
    files: dict[pytest.Collector | None, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.parent, []).append(item)
    for file, own in files.items():
        if isinstance(file, IPyNbFile):
            config.stash[_RAN][file.nodeid] = Counter()
            own.append(Audit.from_parent(file, name="audit"))
            edition = file.nb.metadata.get("todo_lab", {}).get("edition")
            if edition == "learner":
                own.append(Again.from_parent(file, name="again"))
            if edition == "solved":  # what it must show is kept as text
                file.skip_compare += ("text/html",)
    ordered = sorted(files.items(), key=lambda each: -_measuring_cells(each[0]))
    items[:] = [item for _, own in ordered for item in own]


def _measuring_cells(file: pytest.Collector | None) -> int:
    return sum("varies" in cell.metadata for cell in file.nb.cells) if isinstance(file, IPyNbFile) else 0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count what passed, and what kind of thing it was."""
    report = yield
    if isinstance(item, IPyNbCell) and report.when == "call" and report.passed:
        compared = item.options["check"] and item.cell.execution_count is not None
        item.config.stash[_RAN][item.parent.nodeid]["compared" if compared else "only run"] += 1
    return report


class Collected:
    """What every process has reported."""

    def __init__(self) -> None:
        self.failed: dict[str, dict[str, str]] = {}
        """Notebook → name of a test that failed → its message."""
        self.audited: dict[str, dict[str, Any]] = {}
        """Notebook → what its audit says."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what concerns a notebook."""
        file, _, test = report.nodeid.partition("::")
        if report.failed and file.endswith(".ipynb"):
            self.failed.setdefault(file, {})[test] = str(report.longrepr)
        if report.when == "call":
            for name, facts in report.user_properties:
                if name == "audited" and isinstance(facts, dict):
                    self.audited[file] = facts

    @property
    def missing(self) -> list[str]:
        """Return every lesson that was not audited."""
        there = {(facts["lesson"], facts["edition"]) for facts in self.audited.values()}
        return [
            f"{each.number} {each.title}, {edition} edition: not audited"
            for each in lessons()
            for edition in EDITIONS
            if (each.name, edition) not in there
        ]

    def summary(self) -> str:
        """Return what was proven, in numbers."""
        ran: Counter[str] = sum((Counter(facts["ran"]) for facts in self.audited.values()), Counter())
        checks = sum(facts["checks"] for facts in self.audited.values())
        return (
            f"{len(self.audited)} notebooks audited: {ran['compared']} cells compared, "
            f"{ran['only run']} only run, {checks} checks"
        )


def pytest_sessionstart(session: pytest.Session) -> None:
    """Collect reports where those of all processes arrive."""
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(Collected(), "audit-collected")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail for a lesson that did not run; write the report."""
    collected = session.config.pluginmanager.get_plugin("audit-collected")
    if collected is None:
        return
    if session.config.option.whole_course and collected.missing:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if session.config.option.audit_report:
        report = {"failed": collected.failed, "audited": collected.audited}
        Path(session.config.option.audit_report).write_text(json.dumps(report, indent=1), encoding="utf-8")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was compared, not only that tests passed; and what is missing."""
    collected = terminalreporter.config.pluginmanager.get_plugin("audit-collected")
    if collected is not None:
        missing = collected.missing if terminalreporter.config.option.whole_course else []
        for line in [*missing, collected.summary()]:
            terminalreporter.write_line(line)
