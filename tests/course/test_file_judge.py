"""Answers that are files: what pytest finds in a project becomes a verdict."""

import asyncio
from typing import Any

import pytest

from todo_lib.course.migration.file_judge import FileJudge
from todo_lib.course.migration.project import STORE_TESTS, after, files_after
from todo_lib.course.migration.run_tests import run_tests
from todo_lib.lab.checks import Scenario, scenario
from todo_lib.lab.testing.runs import run_projects
from todo_lib.lab.verdict import MAX_LINES, Outcome, Verdict

TESTS = files_after("tests_first")[STORE_TESTS]
DELETE = "result = await session.execute(delete(Task).where(Task.id == id))"
STORE = "todo_app/datastore.py"
JUDGE = FileJudge(
    STORE_TESTS,
    (
        Scenario(
            "They are green on the finished store.",
            base=after("the_whole_store"),
            select=(STORE_TESTS,),
            tests=9,
        ),
        Scenario(
            "They are red if `delete` deletes nothing.",
            base=after("the_whole_store"),
            green=False,
            mutations=((STORE, "delete(Task).where(Task.id == id)", "delete(Task).where(Task.id == -id)"),),
            select=(STORE_TESTS,),
            words="test_delete_removes_the_task",
        ),
    ),
)
# A connection whose loop has gone says so in its thread, at times only when pytest has finished.
LATE_THREAD = """\
import threading


def pytest_unconfigure():
    def speak():
        raise RuntimeError("Event loop is closed")

    thread = threading.Thread(target=speak)
    thread.start()
    thread.join()
"""
WRONG = {
    "blank": ("await dispose(factory)", "____", "line 23: `____`"),
    "syntax": ("def a_task(", "def a_task((", "SyntaxError"),
    "no mark": ("@pytest.mark.asyncio\nasync def test_add", "async def test_add", "pytest.mark.asyncio"),
    "async fixture": ("@pytest_asyncio.fixture", "@pytest.fixture", "pytest_asyncio.fixture"),
    "not awaited": (
        "await store.update(id",
        "store.update(id",
        "coroutine 'DataStoreDb.update' was never awaited",
    ),
    "cannot be imported": ("import DataStoreDb", "import DataStore", "cannot import name 'DataStore'"),
    "test fails": ("(3, 1, 2)", "(3, 2, 1)", "assert (3, 1, 2) == (3, 2, 1)"),
    "too few tests": ("async def test_statistics", "async def statistics", "8 tests ran, at least 9"),
    "no test": ("def test_", "def check_", "pytest found no test"),
    "stays green": (
        "    assert await store.delete(id)\n    assert await store.get(id) is None\n",
        "",
        "saw: 9 passed",
    ),
    "red for another reason": ("def test_delete_removes_the_task", "def test_delete", "reason:"),
}


async def judged(answer: Any) -> Verdict:
    """Return the verdict, never longer than promised."""
    verdict = await JUDGE("tests", answer)
    assert len(repr(verdict).splitlines()) <= MAX_LINES
    return verdict


@pytest.mark.asyncio
async def test_a_right_file_is_right() -> None:
    """Every trial came out as promised."""
    verdict = await judged(TESTS)
    assert (verdict.outcome, verdict.holds) == (Outcome.RIGHT, 2), verdict


@pytest.mark.asyncio
@pytest.mark.parametrize("cause", WRONG)
async def test_a_wrong_file_is_told_its_cause(cause: str) -> None:
    """With words that help."""
    old, new, words = WRONG[cause]
    assert old in TESTS
    verdict = await judged(TESTS.replace(old, new))
    assert verdict.cause == cause, verdict
    assert words in repr(verdict)
    assert (verdict.outcome is Outcome.NOT_STARTED) == (cause == "blank")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("old", "new", "step"),
    [
        ("    result = await store.add(", "     result = await store.add(", "as many spaces"),
        ("    result = await store.add(", "   result = await store.add(", "as many spaces"),
        ("async def test_add", "async test_add", "write `async def`"),
        ("result = await store.add(", "result = async store.add(", "write `await`"),
        ("async def test_add", "def test_add", "Write `async def`"),
        ("def a_task(", "task = await store.get(1)\n\n\ndef a_task(", "into an `async def`"),
        ("def a_task(", "def a_task((", "Is a bracket or a colon missing?"),
    ],
)
async def test_what_python_cannot_read_is_told_by_its_kind(old: str, new: str, step: str) -> None:
    """A bracket is the answer where nothing better is known."""
    assert old in TESTS
    verdict = await judged(TESTS.replace(old, new, 1))
    assert verdict.cause == "syntax"
    assert step in repr(verdict)


@pytest.mark.asyncio
async def test_what_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the process with it."""
    monkeypatch.setattr(scenario, "LIMIT", 3.0)
    endless = TESTS.replace("    result = await store.add(a_task())\n", "    while True:\n        pass\n")
    assert endless != TESTS
    verdict = await judged(endless)
    assert verdict.cause == "hangs"
    assert "✗ test_add_returns_the_saved_task" in repr(verdict)


@pytest.mark.asyncio
@pytest.mark.parametrize(("answer", "cause"), [(None, "nothing passed"), (42, "wrong object")])
async def test_what_is_no_file(answer: object, cause: str) -> None:
    """Nothing, and a number."""
    assert (await judged(answer)).cause == cause


@pytest.mark.asyncio
async def test_an_application_that_cannot_be_broken_is_our_fault() -> None:
    """A trial whose edit no longer fits must not pass for a red."""
    judge = FileJudge(
        STORE_TESTS,
        (Scenario("", base=after("the_whole_store"), green=False, mutations=((STORE, "gone", ""),)),),
    )
    with pytest.raises(ValueError, match="has no 'gone' to break"):
        await judge("tests", TESTS)


@pytest.mark.asyncio
async def test_one_project_does_not_see_the_modules_of_another() -> None:
    """They have the same names, and run in the same process."""
    files = files_after("dependencies_and_endpoints")
    broken = files | {STORE: files[STORE].replace("order_by(Task.id)", "order_by(Task.id.desc())")}
    runs = await run_projects([(each, [STORE_TESTS]) for each in (files, broken, files)])
    assert [run.green for run in runs] == [True, False, True]


@pytest.mark.asyncio
async def test_tests_that_are_stopped_leave_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted in the middle: the runner goes, too."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await run_tests(after="dependencies_and_endpoints")


SKIPPED = """\
import pytest


def test_passes(tmp_path):
    assert "pytest-of-" not in str(tmp_path), "pytest leaves the last three of those folders behind"


@pytest.mark.skip(reason="later")
def test_with_a_mark():
    assert False


@pytest.mark.xfail
def test_may_fail():
    assert False


@pytest.mark.xfail
def test_may_pass():
    assert True


def test_gives_up():
    pytest.skip("later")


def test_left_out():
    assert False
"""


@pytest.mark.asyncio
async def test_what_did_not_run_did_not_pass() -> None:
    """Nor did it fail."""
    config = "[tool.pytest.ini_options]\naddopts = \"-k 'not left_out'\"\n"
    run = await run_tests(
        {"tests/test_skips.py": SKIPPED, "pyproject.toml": config}, select="tests/test_skips.py"
    )
    assert (run.counts, run.green) == ("1 passed, 5 skipped", True), run
    assert "– test_gives_up" in repr(run)


@pytest.mark.asyncio
@pytest.mark.parametrize(("fails", "holds"), [(False, 2), (True, 0)])
async def test_a_red_counts_only_after_the_green(fails: bool, holds: int) -> None:
    """Whoever is always red notices nothing."""
    tests = TESTS.replace("    assert result.id > 0\n", "    assert False\n") if fails else TESTS
    verdict = await judged(tests)
    assert (verdict.holds, verdict.total) == (holds, 2)


@pytest.mark.asyncio
async def test_a_broken_configuration_is_shown() -> None:
    """Pytest does not even begin."""
    run = await run_tests({"pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--no-such-option'\n"})
    assert not run.green
    assert "no-such-option" in repr(run)


@pytest.mark.asyncio
async def test_a_thread_that_outlives_the_tests_is_something_left_open() -> None:
    """It does not break the runner; and a test that has a name says more."""
    late = {"tests/conftest.py": LATE_THREAD}
    run = await run_tests(late, select=STORE_TESTS)
    assert "a thread that was left ended with RuntimeError('Event loop is closed')" in repr(run)
    only_late = Scenario("Nothing is left.", base=after("the_whole_store"), files=late, select=(STORE_TESTS,))
    assert (await FileJudge(STORE_TESTS, (only_late,))("tests", TESTS)).cause == "left open"
    named = Scenario("They are green.", base=after("first_awaits"), select=(STORE_TESTS,))
    verdict = await FileJudge(STORE_TESTS, (only_late, named))("tests", TESTS)
    assert "does not hold: They are green." in repr(verdict)
