"""The runner from a warm process does what the runner itself does, and ends when it is told to."""

import asyncio
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.forked_runner import forked_projects
from todo_lib.course.migration.project import STORE_TESTS, files_after
from todo_lib.lab.testing import runs as runs_module
from todo_lib.lab.testing.runs import TestRun, run_projects

FILES = files_after("the_whole_store")
BROKEN = FILES | {STORE_TESTS: FILES[STORE_TESTS].replace("(3, 1, 2)", "(3, 2, 1)")}
ENDLESS = FILES | {STORE_TESTS: "def test_it():\n    while True:\n        pass\n"}


def runs() -> list[TestRun]:
    """Return what the runner finds in two projects, one right and one wrong."""
    return asyncio.run(run_projects([(FILES, [STORE_TESTS]), (BROKEN, [STORE_TESTS])]))


@pytest.fixture
def warm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let one test run projects from a warm process."""
    with forked_projects(runs_module.RUNNER) as runner:
        monkeypatch.setattr(runs_module, "RUNNER", runner)
        yield


def test_it_finds_the_same(request: pytest.FixtureRequest) -> None:
    """Each test, and each failure word for word."""
    cold, started = runs(), runs_module.RUNNER
    request.getfixturevalue("warm")
    assert started != runs_module.RUNNER
    assert runs() == cold
    assert [run.green for run in cold] == [True, False]


@pytest.mark.usefixtures("warm")
def test_what_hangs_is_stopped() -> None:
    """With the client, the fork ends."""
    with pytest.raises(TimeoutError):
        asyncio.run(run_projects([(ENDLESS, [STORE_TESTS])], limit=1.5))
    until = time.monotonic() + 5
    while (busy := _forks()) and time.monotonic() < until:
        time.sleep(0.05)
    assert not busy


def _forks() -> list[psutil.Process]:
    servers = [
        each
        for each in psutil.Process().children()
        if any("forked_runner.py" in word for word in each.cmdline())
    ]
    assert servers
    return [fork for server in servers for fork in server.children()]
