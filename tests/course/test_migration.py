"""The learner's own project, lesson by lesson: red and green exactly where the lessons say so."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.course.test_exercises import exercise_of
from todo_lib.course.migration import workspace
from todo_lib.course.migration.project import (
    APP,
    ASYNC_CONFIG,
    ENDPOINT_TESTS,
    LAST,
    PACKAGE,
    REPOSITORY,
    STEPS,
    STORE_TESTS,
    SYNC_CONFIG,
    files_after,
)
from todo_lib.course.migration.workspace import REASONS, new_workspace
from todo_lib.lab.exercise import Exercise
from todo_lib.lab.testing.projects import CONFIG, write_project
from todo_lib.lab.testing.runs import TestRun, run_projects
from todo_lib.lab.verdict import Outcome, Verdict

pytestmark = pytest.mark.usefixtures("forked_projects")


@pytest.fixture(scope="module")
def runs(forked_projects: None) -> dict[str, TestRun]:
    """Return what the whole suite says after each lesson, 02 being the start."""
    jobs = {lesson: (files_after(lesson), ["tests"]) for lesson in REASONS}
    return dict(zip(jobs, asyncio.run(run_projects(list(jobs.values()))), strict=True))


@pytest.mark.parametrize("lesson", REASONS)
def test_the_suite_is_red_and_green_where_the_lesson_says(runs: dict[str, TestRun], lesson: str) -> None:
    """And red for the reason that the lesson gives."""
    parts = [runs[lesson].of(path) for path in (STORE_TESTS, ENDPOINT_TESTS)]
    for part, reason in zip(parts, REASONS[lesson], strict=True):
        assert part.green == (not reason), runs[lesson]
        assert part.green or any(reason in failed.reason for failed in part.failed), part


def test_half_a_store_has_three_green_tests(runs: dict[str, TestRun]) -> None:
    """Lesson 05 promises them by lesson."""
    assert runs["first_awaits"].of(STORE_TESTS).counts == "3 passed, 6 failed"


def test_the_route_ends_with_the_asynchronous_app() -> None:
    """Nothing of the synchronous app is left, and nothing was written only for the route."""
    files = files_after(LAST)
    for folder, inside in (("async_app", APP), ("course/migration/app_tests/async_app", "tests")):
        for path in (PACKAGE / folder).rglob("*.py"):
            if path.name != "__init__.py":
                text = path.read_text("utf-8").replace("todo_lib.async_app", APP)
                assert files.pop(f"{inside}/{path.relative_to(PACKAGE / folder).as_posix()}") == text
    assert {path for path in files if not path.endswith("__init__.py")} == {"pyproject.toml"}


def exercise(lesson: str) -> Exercise:
    """Return the lesson's exercise with the learner's files."""
    return exercise_of(lesson, "workspace")


async def verdict_after(lesson: str, done: str, place: Path) -> Verdict:
    """Return what the check of a lesson says of the project as it stands after another."""
    write_project(place, files_after(done))
    return await exercise(lesson).check(place)


@pytest.mark.asyncio
@pytest.mark.parametrize("lesson", STEPS)
async def test_the_check_knows_what_is_done(lesson: str, tmp_path: Path) -> None:
    """Not right after the lesson before, right after this one, and still right when all is done."""
    before = list(REASONS)[list(REASONS).index(lesson) - 1]
    assert (await verdict_after(lesson, before, tmp_path / "before")).outcome is not Outcome.RIGHT
    here = await verdict_after(lesson, lesson, tmp_path / "here")
    assert here.outcome is Outcome.RIGHT, here
    assert "That is where this lesson ends." in repr(here)
    further = await verdict_after(lesson, LAST, tmp_path / "further")
    assert further.outcome is Outcome.RIGHT, further


@pytest.mark.asyncio
async def test_without_a_workspace_the_check_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not started, not wrong."""
    monkeypatch.setattr(workspace, "REPOSITORY", tmp_path)
    monkeypatch.delenv("TODO_LAB_STRICT", raising=False)
    verdict = await exercise("the_whole_store").check()
    assert (verdict.outcome, verdict.cause) == (Outcome.NOT_STARTED, "no workspace")
    assert "new_workspace(after='05')" in repr(verdict)
    new_workspace()
    verdict = await exercise("the_whole_store").check()
    assert verdict.cause == "too old"
    assert "only as far as lesson 02" in repr(verdict)
    assert "new_workspace(after='05')" in repr(verdict)
    new_workspace(after="05")
    verdict = await exercise("the_whole_store").check()
    assert verdict.cause == "untouched"
    assert f"{APP}/datastore.py" in repr(verdict)


@pytest.mark.asyncio
async def test_a_suite_that_lost_its_green_is_not_right(tmp_path: Path) -> None:
    """The file of this lesson is right; the learner's own tests do not agree with it."""
    files = files_after("the_whole_store")
    files[STORE_TESTS] = files[STORE_TESTS].replace("== (3, 1, 2)", "== (3, 2, 1)")
    write_project(tmp_path, files)
    verdict = await exercise("the_whole_store").check(tmp_path)
    assert (verdict.outcome, verdict.cause) == (Outcome.PARTLY, "suite")
    assert "(3, 1, 2) == (3, 2, 1)" in repr(verdict)


STORE = f"{APP}/datastore.py"
OLD_TESTS = files_after("do_we_need_async")[STORE_TESTS]
DATABASE = files_after("dependencies_and_endpoints")[f"{APP}/database.py"]
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
    write_project(tmp_path, files_after("engine_and_session_factory") | {path: text})
    verdict = await exercise("engine_and_session_factory").check(tmp_path)
    assert (verdict.outcome, verdict.cause) == (Outcome.PARTLY, "suite"), verdict
    assert words in repr(verdict)


@pytest.mark.asyncio
async def test_the_reason_of_a_red_is_shown(tmp_path: Path) -> None:
    """Right means red, too: the learner reads why."""
    verdict = await verdict_after("engine_and_session_factory", "engine_and_session_factory", tmp_path)
    assert "reason: TypeError: 'async_sessionmaker' object does not support the" in repr(verdict)
    assert "reason: RuntimeWarning: coroutine 'create_tables' was never awaited" in repr(verdict)


@pytest.mark.asyncio
async def test_settings_that_were_forgotten_are_named(tmp_path: Path) -> None:
    """The tests are good, and cannot fail."""
    settings = ASYNC_CONFIG.replace('filterwarnings = ["error"]', "")
    write_project(tmp_path, files_after("tests_first") | {CONFIG: settings})
    verdict = await exercise("tests_first").check(tmp_path)
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
        ("if wanted.q:", "if wanted.q and not wanted.q:", "does not hold: filter("),
        (
            "Task.due_date <= wanted.due_before",
            "Task.due_date < wanted.due_before",
            "does not hold: filter(",
        ),
        ("select(Task).order_by(Task.id)", "select(Task)", "does not hold: all("),
    ],
    ids=["no intent to write", "what is left out stays", "no text", "the day itself", "no order"],
)
async def test_the_finished_store_is_asked_for_more_than_its_tests_do(
    tmp_path: Path, right: str, wrong: str, words: str
) -> None:
    """Its nine tests are green all the same."""
    store = files_after("the_whole_store")[STORE]
    assert right in store
    write_project(tmp_path, files_after("the_whole_store") | {STORE: store.replace(right, wrong)})
    verdict = await exercise("the_whole_store").check(tmp_path)
    assert verdict.outcome is Outcome.PARTLY
    assert words in repr(verdict)


AFTER_TESTS = files_after("tests_first")[STORE_TESTS]
FIXTURE = AFTER_TESTS[AFTER_TESTS.index("@pytest_asyncio.fixture") : AFTER_TESTS.index("def a_task(")]
IMPORTS = AFTER_TESTS[: AFTER_TESTS.index("TOMORROW")]
ALL_DONE = files_after(LAST)
MAIN = f"{APP}/main.py"
FURTHER = {
    "a fixture in conftest.py": (
        "tests_first",
        {STORE_TESTS: AFTER_TESTS.replace(FIXTURE, ""), "tests/conftest.py": IMPORTS + FIXTURE},
    ),
    "settings in place of marks": (
        "endpoint_tests",
        {
            ENDPOINT_TESTS: files_after("endpoint_tests")[ENDPOINT_TESTS].replace(
                "@pytest.mark.asyncio\n", ""
            ),
            CONFIG: ASYNC_CONFIG.replace('"strict"', '"auto"'),
        },
    ),
    "a helper of the store": (
        "the_whole_store",
        {
            STORE: files_after("the_whole_store")[STORE].replace(
                "class DataStoreDb", "from .queries import open_tasks\n\n\nclass DataStoreDb"
            ),
            f"{APP}/queries.py": "def open_tasks():\n    return None\n",
        },
    ),
    "settings that the app reads": (
        LAST,
        {
            MAIN: ALL_DONE[MAIN]
            .replace("import os\n", "import os\nfrom pathlib import Path\n")
            .replace('"To-Do Task API"', 'Path(__file__).with_suffix(".txt").read_text()'),
            f"{APP}/main.txt": "To-Do",
        },
    ),
}


@pytest.mark.asyncio
@pytest.mark.parametrize("further", FURTHER)
async def test_what_the_learner_has_added_is_taken_along(tmp_path: Path, further: str) -> None:
    """The files of the lesson may need it."""
    lesson, files = FURTHER[further]
    write_project(tmp_path, files_after(lesson) | files)
    verdict = await exercise(lesson).check(tmp_path)
    assert verdict.outcome is Outcome.RIGHT, verdict


@pytest.mark.asyncio
async def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    """Whatever else is in the folder."""
    write_project(tmp_path, {STORE_TESTS: ""})
    verdict = await exercise("the_whole_store").check(tmp_path)
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


def make_workspace(after: str, place: Path) -> subprocess.CompletedProcess[str]:
    """Do what `make workspace AFTER=…` does, for a workspace here."""
    script = (
        "import runpy, sys; from pathlib import Path; from todo_lib.course.migration import project; "
        f"project.REPOSITORY = Path({str(place)!r}); "
        f"sys.argv[1:] = ['--after={after}']; runpy.run_module({workspace.__name__!r}, run_name='__main__')"
    )
    command = [sys.executable, "-W", "error", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)


@pytest.mark.parametrize(
    ("after", "number"), [("4", "04"), ("04", "04"), ("first_awaits", "05"), ("0", "00")]
)
def test_make_workspace_understands_a_person(after: str, number: str, tmp_path: Path) -> None:
    """A lesson's number with or without its zero; and Python has nothing to warn of."""
    done = make_workspace(after, tmp_path)
    assert f"✓ workspace/ holds the project after lesson {number}" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "workspace" / CONFIG).exists()


@pytest.mark.parametrize("after", ["99", "no", "9", "-1", "4.5", "was_it_worth_it"])
def test_make_workspace_touches_nothing_for_a_lesson_that_is_none(after: str, tmp_path: Path) -> None:
    """It says what it knows, without a traceback."""
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "mine.txt").write_text("hours of work")
    done = make_workspace(after, tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Nothing was changed: the project knows lessons '00' to '08', not ")
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.rglob("*")] == ["workspace", "mine.txt"]


def test_whoever_gives_a_number_in_a_cell(tmp_path: Path) -> None:
    """With or without quotes."""
    assert "after lesson 05" in repr(new_workspace(5, into=tmp_path / "workspace"))
    with pytest.raises(ValueError, match="not '42'"):
        new_workspace(42, into=tmp_path / "workspace")
    assert [path.name for path in tmp_path.iterdir()] == ["workspace"]


@pytest.mark.parametrize(
    "made",
    ["workspace/", "workspace-1/", "workspace-12/", "notebooks/workspace-1/", "build/", ".mypy_cache/"],
)
def test_git_ignores_what_the_course_makes(made: str) -> None:
    """Also what was moved aside."""
    command = ["git", "check-ignore", "--no-index", "--quiet", f"{made}new"]
    if not (REPOSITORY / ".git").exists():
        pytest.skip("this copy of the course is no clone")
    assert subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 0


def test_an_unknown_lesson_is_refused() -> None:
    """With the numbers that exist."""
    with pytest.raises(ValueError, match="'00' to '08', not '42'"):
        files_after("42")
