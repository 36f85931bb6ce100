"""Run pytest on several projects, one after the other, in this one process.

    python run_pytest.py RESULTS FOLDER…

The libraries are imported once; what a project itself imports is forgotten before the next begins. After each
run one line of JSON is appended to the file RESULTS, so that nothing is lost if a later run hangs. This file
is started by its path: it must not import the lab, which a project's tests do not need.
"""

import contextlib
import gc
import importlib
import io
import json
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

# No plugin is loaded unasked, so a learner's machine and CI run the same thing. anyio: FastAPI's own
# documentation marks its tests with it.
LIBRARIES = ("aiosqlite", "fastapi.testclient", "sqlalchemy.ext.asyncio")
CONFIG = "pyproject.toml"
PLUGINS = ("pytest_asyncio.plugin", "anyio.pytest_plugin")


class Collector:
    """A plugin that writes down what became of each test, and of each file that cannot be imported."""

    def __init__(self, folder: Path, now: Path) -> None:
        self.folder = str(folder)
        self.now = now  # where it writes which test is running: if it hangs, nobody can say it later
        self.results: dict[str, dict[str, Any]] = {}
        self.now.write_text("", encoding="utf-8")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Write down which test begins."""
        self.now.write_text(nodeid, encoding="utf-8")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Note a test: failed if any of its set-up, call and clean-up failed, or else skipped if one was."""
        if call.excinfo is not None:
            _shorten(call.excinfo, self.folder)
        report = yield
        known = self.results.get(item.nodeid)
        # A forgotten await is found while the test is cleaned up, and explains why it failed before.
        forgotten = call.excinfo is not None and isinstance(_cause(call.excinfo.value), RuntimeWarning)
        skipped = report.skipped or hasattr(report, "wasxfail")  # marked with xfail, it cannot fail either
        if (
            known is None
            or (skipped and known["passed"])
            or (report.failed and (known["passed"] or known["skipped"]))
            or (report.failed and forgotten and known["kind"] != "RuntimeWarning")
        ):
            if skipped:
                self._note_skipped(item.nodeid, report)
            else:
                self._note(item.nodeid, report, call.excinfo)
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Any:
        """Note a file that cannot be imported."""
        report = yield
        if report.failed:
            self._note(collector.nodeid, report, getattr(report, "call", None) and report.call.excinfo)
        elif report.skipped:
            self._note_skipped(collector.nodeid, report)
        return report

    @pytest.hookimpl
    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Note what an option or a hook of the project leaves out."""
        for item in items:
            self.note(item.nodeid, False, None, "", skipped="deselected")

    @pytest.hookimpl
    def pytest_internalerror(self, excrepr: Any, excinfo: Any) -> None:
        """Note what stopped pytest itself, for instance a warning that the configuration made an error."""
        self.note(CONFIG, False, _cause(excinfo.value), str(excrepr))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Forget the last error, whose frames keep a forgotten coroutine alive: pytest looks once more."""
        for name in ("last_type", "last_value", "last_traceback", "last_exc"):
            vars(sys).pop(name, None)

    def note(
        self, name: str, passed: bool, error: BaseException | None, text: str, skipped: str = ""
    ) -> None:
        """Write one line of the result."""
        kind, message = (type(error).__name__, str(error)) if error else ("", "")
        self.results[name] = {
            "name": name,
            "passed": passed,
            "kind": kind,
            "message": message,
            "text": text,
            "skipped": skipped,
        }

    def _note_skipped(self, name: str, report: Any) -> None:
        xfail = getattr(report, "wasxfail", None)
        *_, said = report.longrepr if isinstance(report.longrepr, tuple) else ("Skipped: ",)
        why = "marked with `xfail`" if xfail is not None else str(said).removesuffix(": ")
        self.note(name, False, None, "", skipped=why)

    def _note(self, name: str, report: Any, excinfo: Any) -> None:
        error = _cause(excinfo.value) if excinfo else None
        if isinstance(error, pytest.FixtureLookupError):  # its own text is not meant to be read
            error = LookupError(str(report.longrepr.errorstring).partition("\n")[0])
        self.note(name, report.passed, error, "" if report.passed else str(report.longrepr))


def _shorten(excinfo: pytest.ExceptionInfo[BaseException], folder: str) -> None:
    """Leave of the traceback what is the project's, and the last call: the rest is the libraries'.

    A learner looks for their own lines; and pytest would parse each library's file to show one line of it.
    """
    error: BaseException | None = excinfo.value
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        calls, call = [], error.__traceback__
        while call is not None:
            calls.append(call)
            call = call.tb_next
        kept = None
        for each in reversed(calls):
            if each is calls[-1] or each.tb_frame.f_code.co_filename.startswith(folder):
                kept = TracebackType(kept, each.tb_frame, each.tb_lasti, each.tb_lineno)
        error.__traceback__ = kept
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if excinfo.value.__traceback__ is not None:
        excinfo.traceback = type(excinfo.traceback)(excinfo.value.__traceback__)


def _cause(error: BaseException) -> BaseException:
    """Return what a learner must know of: the error that pytest found, not the one in which it reports it."""
    if isinstance(error, pytest.PytestUnhandledThreadExceptionWarning):
        return type(error)(f"a thread that was left ended with {error.__cause__!r}")
    if isinstance(error, ExceptionGroup) and isinstance(error.exceptions[0], pytest.PytestWarning):
        return _cause(error.exceptions[0])
    wrapped = (pytest.Collector.CollectError, pytest.PytestUnraisableExceptionWarning)
    return error.__cause__ if isinstance(error, wrapped) and error.__cause__ else error


def run(folder: Path, select: list[str]) -> list[dict[str, Any]]:
    """Return what became of each selected test of the project in `folder`.

    Beside the folder the file `now` names the test that is running.
    """
    # By `-p` pytest would look through all that is installed for each of them.
    plugins = [importlib.import_module(name) for name in PLUGINS]
    collector, modules, path = Collector(folder, folder.with_name("now")), set(sys.modules), list(sys.path)
    os.chdir(folder)
    arguments = [
        "-pno:cacheprovider",
        "-c",
        CONFIG,
        "--rootdir",
        str(folder),
        "--basetemp",
        f"{folder}-temp",
        "--tb=short",
        "--continue-on-collection-errors",
    ]
    gc.disable()  # what lies in a cycle is found at the end, in every run alike: not when it happens to be
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            code = pytest.main([*arguments, *select], plugins=[collector, *plugins])
            # A file that cannot be imported is noted already; that pytest
            # then misses a test in it is no news.
            if code == pytest.ExitCode.USAGE_ERROR and not collector.results:
                said = [line for line in output.getvalue().splitlines() if "error:" in line.lower()]
                collector.note(CONFIG, False, pytest.UsageError(said[-1] if said else ""), output.getvalue())
        except Exception as found:  # noqa: BLE001 (when all was over: what is thrown away then, what a thread says)
            first = found.exceptions[0] if isinstance(found, ExceptionGroup) else found
            collector.note("after the last test", False, _cause(first), str(found))
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if file.startswith(str(folder)) or (folder / name.partition(".")[0]).is_dir():
            del sys.modules[name]
    gc.collect()  # what a forgotten await leaves must not complain in the next project
    gc.freeze()  # what is still there stays: pytest looks through it after each test
    return list(collector.results.values())


def main() -> None:
    """Run what the command line asks for."""
    results, *jobs = sys.argv[1:]
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.freeze()  # looking through the libraries after each test would take most of the time
    for job in jobs:
        asked = json.loads(job)
        found = run(Path(asked["folder"]).resolve(), asked["select"])
        with open(results, "a", encoding="utf-8") as stream:
            stream.write(json.dumps(found) + "\n")
    # A test that leaves a connection open leaves its thread too, and Python would wait for it for ever.
    os._exit(0)


if __name__ == "__main__":
    main()
