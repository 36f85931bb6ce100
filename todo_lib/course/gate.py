"""A pytest plugin beside nbval: it sees what nbval is blind to, and starts the next kernel early.

nbval runs the cells and compares the outputs. It does not notice a notebook without stored outputs, a
coroutine that nobody awaited, a background task that failed, or something still open at the end. So each
notebook gets one more test, `gate`, after its last cell. `--lab-report FILE` writes down what really ran.
"""

import ast
import json
import subprocess
import time
from collections import Counter
from collections.abc import Generator
from typing import Any

import nbval.kernel
import pytest
from jupyter_client.manager import KernelManager
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell, IPyNbFile

# What the kernel is asked after the last cell. It must work without the lab, to say that it is missing.
QUESTION = "__import__('todo_lib.lab.report', fromlist=['report']).report()"
REPORT_EXPECTED = "expect-report"  # the tag of a cell whose forgotten await is there to be seen


class GateError(AssertionError):
    """What the gate found wrong in a notebook."""


class Gate(pytest.Item):
    """The last test of a notebook: every cell was compared, every check ran, nothing is left."""

    parent: IPyNbFile

    def runtest(self) -> None:
        """Ask the kernel what happened in it, and raise `GateError` if something should not have."""
        notebook = self.parent.nb
        problems = [*_without_outputs(notebook), *self._ask()]
        if problems:
            raise GateError("\n".join(problems))

    def _ask(self) -> list[str]:
        kernel = self.parent.kernel
        if not kernel.is_alive():
            return ["the kernel died"]
        message = kernel.kc.execute("", silent=True, user_expressions={"answer": QUESTION})
        while True:
            reply = kernel.get_message("shell", timeout=self.config.option.nbval_cell_timeout)
            if reply["parent_header"].get("msg_id") == message:
                break
        answer = reply["content"]["user_expressions"]["answer"]
        if answer["status"] != "ok":
            return [f"the gate could not ask the kernel: {answer.get('evalue')}"]
        facts = json.loads(ast.literal_eval(answer["data"]["text/plain"]))
        _results(self.config)[_key(self)].update(verdicts=facts["verdicts"])
        return _judge(self.parent.nb, facts)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
        """Return the problems, without a traceback through this plugin."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Any, int, str]:
        """Return where the item is, as pytest wants it."""
        return self.path, 0, f"{self.path.name}::gate"


def _without_outputs(notebook: NotebookNode) -> list[str]:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    problems = [f"cell {cell.id} has never been run" for cell in cells if cell.execution_count is None]
    if not any(cell.outputs for cell in cells):
        problems.append("not one stored output: nothing was compared")
    return problems


def _judge(notebook: NotebookNode, facts: dict[str, Any]) -> list[str]:
    if not facts["watching"]:
        return ["the first cell does not load the lab: %load_ext todo_lib.lab"]
    problems = [f"still open at the end: {thing}" for thing in facts["still_open"]]
    expected = [c.source for c in notebook.cells if REPORT_EXPECTED in c.metadata.get("tags", [])]
    problems += [
        f"{report['kind']}: {report['what']}, in the cell\n{report['cell']}"
        for report in facts["reports"]
        if report["cell"] not in expected
    ]
    told = {report["cell"] for report in facts["reports"]}
    problems += [
        f"nothing was reported in a cell tagged {REPORT_EXPECTED}:\n{s}" for s in expected if s not in told
    ]
    wanted = {"learner": "NOT_STARTED", "solved": "RIGHT"}.get(
        notebook.metadata.get("todo_lab", {}).get("edition")
    )
    if wanted:
        problems += [
            f"{v['exercise']} is {v['outcome']}" for v in facts["verdicts"] if v["outcome"] != wanted
        ]
        missing = set(facts["exercises"]) - {verdict["exercise"] for verdict in facts["verdicts"]}
        problems += [f"exercise {name!r} was never checked" for name in sorted(missing)]
    return problems


# -- pytest's hooks ------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--lab-report`."""
    parser.addoption("--lab-report", metavar="FILE", help="write what really ran to this JSON file")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put a gate after the last cell of each notebook, and note in which order kernels will be needed."""
    by_file: dict[pytest.Item, list[pytest.Item]] = {}
    for item in items:
        by_file.setdefault(item.parent, []).append(item)
    items[:] = [each for own in by_file.values() for each in own]
    for file, own in by_file.items():
        if isinstance(file, IPyNbFile):
            items.insert(items.index(own[-1]) + 1, Gate.from_parent(file, name="gate"))
            _results(config)[_key(own[0])] = {
                "seconds": 0.0,
                "passed": Counter(),
                "failed": [],
                "verdicts": [],
            }
    folders = [str(file.path.parent) for file in by_file if isinstance(file, IPyNbFile)]
    config.stash[_KERNELS] = EarlyKernels(folders)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure what each notebook takes, its kernel's start and stop included."""
    started = time.perf_counter()
    try:
        return (yield)
    finally:
        if _key(item) in _results(item.config):
            _results(item.config)[_key(item)]["seconds"] += time.perf_counter() - started


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Count what passed, and what kind of thing it was."""
    report = yield
    result = _results(item.config).get(_key(item))
    if result is not None and report.when == "call":
        if report.failed:
            result["failed"].append({"name": item.name, "message": str(report.longrepr)})
        elif report.passed:
            result["passed"][_kind(item)] += 1
    return report


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let nbval take kernels that have been started early."""
    session.config.stash[_ORIGINAL] = nbval.kernel.start_new_kernel

    def start_new_kernel(startup_timeout: float, kernel_name: str, stderr: Any, cwd: str) -> tuple[Any, Any]:
        return session.config.stash[_KERNELS].take(startup_timeout, kernel_name, stderr, cwd)

    nbval.kernel.start_new_kernel = start_new_kernel


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop kernels that nobody took, give nbval its function back, write the report."""
    nbval.kernel.start_new_kernel = session.config.stash[_ORIGINAL]
    kernels = session.config.stash.get(_KERNELS, None)
    if kernels:
        kernels.close()
    file = session.config.getoption("--lab-report")
    if file:
        with open(file, "w", encoding="utf-8") as stream:
            json.dump(_results(session.config), stream, indent=1)


def _kind(item: pytest.Item) -> str:
    if not isinstance(item, IPyNbCell):
        return "gate"
    return "compared" if item.options["check"] and item.cell.execution_count is not None else "only run"


def _key(item: pytest.Item) -> str:
    return item.path.as_posix()


def _results(config: pytest.Config) -> dict[str, dict[str, Any]]:
    return config.stash.setdefault(_RESULTS, {})


class EarlyKernels:
    """Starts the next notebook's kernel while the current one works: it boots on the other core."""

    def __init__(self, folders: list[str]) -> None:
        self._waiting = folders  # one entry per notebook still to come
        self._ready: list[tuple[str, KernelManager]] = []

    def take(self, startup_timeout: float, kernel_name: str, stderr: Any, cwd: str) -> tuple[Any, Any]:
        """Return manager and client of a running kernel, as nbval's own function does."""
        stderr.close()  # nbval opens the null device and forgets it
        if not self._ready:
            self._start(kernel_name, cwd)
        folder, manager = self._ready.pop(0)
        if folder != cwd:  # not the order that was foreseen: be right rather than early
            manager.shutdown_kernel(now=True)
            self._start(kernel_name, cwd)
            manager = self._ready.pop()[1]
        elif self._waiting:
            self._waiting.pop(0)
        if self._waiting:
            self._start(kernel_name, self._waiting[0])
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=startup_timeout)
        return manager, client

    def _start(self, kernel_name: str, cwd: str) -> None:
        manager = KernelManager(
            kernel_name=kernel_name, kernel_spec_manager=nbval.kernel.NbvalKernelspecManager()
        )
        manager.start_kernel(cwd=cwd, stderr=subprocess.DEVNULL)
        self._ready.append((cwd, manager))

    def close(self) -> None:
        """Stop what was started and never taken."""
        while self._ready:
            self._ready.pop()[1].shutdown_kernel(now=True)


_RESULTS = pytest.StashKey[dict[str, dict[str, Any]]]()
_KERNELS = pytest.StashKey[EarlyKernels]()
_ORIGINAL = pytest.StashKey[Any]()
