"""The learner's own project, lesson by lesson: red and green exactly where the lessons say so."""

import asyncio
from pathlib import Path

import pytest

from tests.test_exercises import LESSONS
from todo_lib.lab import workspace
from todo_lib.lab.exercise import Exercise, lesson
from todo_lib.lab.project import (
    APP,
    ASYNC_CONFIG,
    CONFIG,
    ENDPOINT_TESTS,
    ROOT,
    STEPS,
    STORE_TESTS,
    SYNC_CONFIG,
    files_after,
    lay,
)
from todo_lib.lab.testing import TestRun, run_projects
from todo_lib.lab.verdict import Outcome, Verdict
from todo_lib.lab.workspace import REASONS, new_workspace

pytestmark = pytest.mark.usefixtures("warm_runner")

LAST = "08"
WITH_WORKSPACE = [number for number in STEPS if number in LESSONS]


@pytest.fixture(scope="module")
def runs(warm_runner: None) -> dict[str, TestRun]:
    """Return what the whole suite says after each lesson, 02 being the start."""
    jobs = {number: (files_after(number), ["tests"]) for number in REASONS}
    return dict(zip(jobs, asyncio.run(run_projects(list(jobs.values()))), strict=True))


@pytest.mark.parametrize("number", REASONS)
def test_the_suite_is_red_and_green_where_the_lesson_says(runs: dict[str, TestRun], number: str) -> None:
    """And red for the reason that the lesson gives."""
    parts = [runs[number].of(path) for path in (STORE_TESTS, ENDPOINT_TESTS)]
    for part, reason in zip(parts, REASONS[number], strict=True):
        assert part.green == (not reason), runs[number]
        assert part.green or any(reason in failed.reason for failed in part.failed), part


def test_half_a_store_has_three_green_tests(runs: dict[str, TestRun]) -> None:
    """Lesson 05 promises them by number."""
    assert runs["05"].of(STORE_TESTS).counts == "3 passed, 6 failed"


def test_the_route_ends_with_the_asynchronous_app() -> None:
    """Nothing of the synchronous app is left, and nothing was written only for the route."""
    files = files_after(LAST)
    for folder, inside in (("todo_lib/async_app", APP), ("tests/async_app", "tests")):
        for path in (ROOT / folder).rglob("*.py"):
            if path.name != "__init__.py":
                text = path.read_text("utf-8").replace("todo_lib.async_app", APP)
                assert files.pop(f"{inside}/{path.relative_to(ROOT / folder).as_posix()}") == text
    assert {path for path in files if not path.endswith("__init__.py")} == {"pyproject.toml"}


def exercise(number: str) -> Exercise:
    """Return the lesson's exercise with the learner's files."""
    return lesson(number).exercises["workspace"]


async def verdict_after(number: str, done: str, place: Path) -> Verdict:
    """Return what the check of a lesson says of the project as it stands after another."""
    lay(place, files_after(done))
    return await exercise(number).check(place)


@pytest.mark.asyncio
@pytest.mark.parametrize("number", WITH_WORKSPACE)
async def test_the_check_knows_what_is_done(number: str, tmp_path: Path) -> None:
    """Not right after the lesson before, right after this one, and still right when all is done."""
    before = f"{int(number) - 1:02}"
    assert (await verdict_after(number, before, tmp_path / "before")).outcome is not Outcome.RIGHT
    here = await verdict_after(number, number, tmp_path / "here")
    assert here.outcome is Outcome.RIGHT, here
    assert "That is where this lesson ends." in repr(here)
    further = await verdict_after(number, LAST, tmp_path / "further")
    assert further.outcome is Outcome.RIGHT, further


@pytest.mark.asyncio
async def test_without_a_workspace_the_check_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not started, not wrong."""
    monkeypatch.setattr(workspace, "ROOT", tmp_path)
    monkeypatch.delenv("TODO_LAB_STRICT", raising=False)
    verdict = await exercise("06").check()
    assert (verdict.outcome, verdict.cause) == (Outcome.NOT_STARTED, "no workspace")
    assert "new_workspace(after='05')" in repr(verdict)
    new_workspace()
    verdict = await exercise("06").check()
    assert verdict.cause == "too old"
    assert "only as far as lesson 02" in repr(verdict)
    assert "new_workspace(after='05')" in repr(verdict)
    new_workspace(after="05")
    verdict = await exercise("06").check()
    assert verdict.cause == "untouched"
    assert f"{APP}/datastore.py" in repr(verdict)


@pytest.mark.asyncio
async def test_a_suite_that_lost_its_green_is_not_right(tmp_path: Path) -> None:
    """The file of this lesson is right; the learner's own tests do not agree with it."""
    files = files_after("06")
    files[STORE_TESTS] = files[STORE_TESTS].replace("== (3, 1, 2)", "== (3, 2, 1)")
    lay(tmp_path, files)
    verdict = await exercise("06").check(tmp_path)
    assert (verdict.outcome, verdict.cause) == (Outcome.PARTLY, "suite")
    assert "(3, 1, 2) == (3, 2, 1)" in repr(verdict)


STORE = f"{APP}/datastore.py"
OLD_TESTS = files_after("02")[STORE_TESTS]
DATABASE = files_after("08")[f"{APP}/database.py"]
BAD = ASYNC_CONFIG.replace('"error"', "error")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        (STORE_TESTS, OLD_TESTS, "the store's tests are red (`… does not support the …`)"),
        (STORE_TESTS, "", "no test was found"),
        (f"{APP}/database.py", DATABASE, "cannot import name 'create_session_factory'"),
        (CONFIG, BAD, "pytest could not start"),
        (CONFIG, SYNC_CONFIG, 'put `filterwarnings = ["error"]`'),
    ],
    ids=["synchronous tests", "no tests", "no old factory", "bad configuration", "old configuration"],
)
async def test_a_suite_that_is_red_for_another_reason_is_not_right(
    tmp_path: Path, path: str, text: str, words: str
) -> None:
    """What lesson 04 asks for is there; something else in the workspace is not as it was."""
    lay(tmp_path, files_after("04") | {path: text})
    verdict = await exercise("04").check(tmp_path)
    assert (verdict.outcome, verdict.cause) == (Outcome.PARTLY, "suite"), verdict
    assert words in repr(verdict)


@pytest.mark.asyncio
async def test_the_reason_of_a_red_is_shown(tmp_path: Path) -> None:
    """Right means red, too: the learner reads why."""
    verdict = await verdict_after("04", "04", tmp_path)
    assert "reason: TypeError: 'async_sessionmaker' object does not support the" in repr(verdict)
    assert "reason: RuntimeWarning: coroutine 'create_tables' was never awaited" in repr(verdict)


@pytest.mark.asyncio
async def test_settings_that_were_forgotten_are_named(tmp_path: Path) -> None:
    """The tests are good, and cannot fail."""
    settings = ASYNC_CONFIG.replace('filterwarnings = ["error"]', "")
    lay(tmp_path, files_after("03") | {CONFIG: settings})
    verdict = await exercise("03").check(tmp_path)
    assert "Is the setting of *A suite that can fail* in `pyproject.toml`?" in repr(verdict)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        (", with_for_update=True", "", "next: Read with `with_for_update=True` what you will write"),
        (
            "in task.model_dump()",
            "in task.model_dump(exclude_unset=True)",
            "`update` replaces the whole task",
        ),
    ],
    ids=["no intent to write", "what is left out stays"],
)
async def test_the_finished_store_is_asked_for_more_than_its_tests_do(
    tmp_path: Path, right: str, wrong: str, words: str
) -> None:
    """Its nine tests are green all the same."""
    store = files_after("06")[STORE]
    assert right in store
    lay(tmp_path, files_after("06") | {STORE: store.replace(right, wrong)})
    verdict = await exercise("06").check(tmp_path)
    assert verdict.outcome is Outcome.PARTLY
    assert words in repr(verdict)


@pytest.mark.asyncio
async def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    """Whatever else is in the folder."""
    lay(tmp_path, {STORE_TESTS: ""})
    verdict = await exercise("06").check(tmp_path)
    assert verdict.cause == "file missing"
    assert f"{APP}/datastore.py" in repr(verdict)


def test_a_new_workspace_never_overwrites_the_old_one(tmp_path: Path) -> None:
    """What was there is moved aside."""
    place = tmp_path / "workspace"
    new_workspace(into=place)
    (place / "mine.txt").write_text("hours of work")
    assert "workspace-1" in repr(new_workspace("05", into=place))
    assert (tmp_path / "workspace-1" / "mine.txt").read_text() == "hours of work"
    new_workspace(into=place)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["workspace", "workspace-1", "workspace-2"]


def test_an_unknown_lesson_is_refused() -> None:
    """With the numbers that exist."""
    with pytest.raises(ValueError, match="'00' to '08', not '42'"):
        files_after("42")
