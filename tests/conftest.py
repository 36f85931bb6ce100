"""What every test shares: both apps as a client sees them, and a guard that nothing is left behind."""

import asyncio
import gc
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import pytest_asyncio
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import create_async_engine
from xdist.scheduler import LoadScopeScheduling

from tests import forked_runner
from todo_lib.async_app.main import app as async_app
from todo_lib.entities import Task
from todo_lib.lab.db.postgres import running_server
from todo_lib.lab.testing import runs
from todo_lib.sync_app.main import app as sync_app

APPS = {"sync": sync_app, "async": async_app}
DRIVERS = {"sync": "sqlite", "async": "sqlite+aiosqlite"}


# Workers take one group of tests after the other: those that take long come first and in small groups, or one
# worker would be left alone with them in the end.
LONGEST = (
    "test_browser",
    "test_out_of_order",
    "test_file_exercises",
    "test_exercises",
    "test_migration",
    "test_leaks",
)
LESSON = re.compile(r"\[(?:(?P<number>\d\d)_)?(?P<name>[a-z_]+)(?=[-/\]])")
PARTED = ("test_browser", "test_out_of_order", "test_file_exercises", "test_exercises")  # by the lesson


def group(nodeid: str) -> str:
    """Return which tests stay together: those of a module; of a long one, those of a lesson."""
    file, _, test = nodeid.partition("::")
    module, lesson = Path(file).stem, LESSON.search(test)
    if not lesson or module not in PARTED:
        return file
    # JupyterLab and a browser are slow to start: twice, not once for each lesson.
    return f"{file} {int(lesson['number'] or 0) % 2 if module == 'test_browser' else lesson['name']}"


class ByGroup(LoadScopeScheduling):
    """Shares tests out by `group`: `--dist loadgroup` of pytest-xdist 3.8 groups nothing under pytest 9.2."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByGroup:
    """Share the tests out by their groups, whatever `--dist` says."""
    return ByGroup(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the modules that take long first; otherwise the order stays, as pytest-random-order has made it."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Name the SQLite file of this test; nothing has created it yet."""
    return tmp_path / "todo.db"


@pytest.fixture(params=APPS)
def style(request: pytest.FixtureRequest) -> str:
    """Run a test twice, once for each app: "sync" and "async"."""
    return request.param


@pytest.fixture
def url(style: str, database: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Point the app at the database of this test."""
    url = f"{DRIVERS[style]}:///{database.as_posix()}"
    monkeypatch.setenv("TODO_DATABASE_URL", url)
    return url


@pytest_asyncio.fixture
async def client(style: str, url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Start one app on a fresh database; give a client that talks to it in this process."""
    app = APPS[style]
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        yield client


@pytest.fixture(scope="session")
def forking_process() -> Iterator[Path]:
    """Start a process that has the libraries loaded; give the script that runs projects from it."""
    with forked_runner.forked_projects(runs.RUNNER) as runner:
        yield runner


@pytest.fixture(scope="module")
def forked_projects(forking_process: Path) -> Iterator[None]:
    """Let this module's tests, and the kernels they start, run projects from the warm process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "RUNNER", forking_process)
        patch.setenv(runs.OTHER_RUNNER, str(forking_process))
        yield


WriteRows = Callable[[Iterable[dict[str, Any]]], Awaitable[None]]


@pytest.fixture
def write_rows(url: str) -> WriteRows:
    """Give a function that writes rows of the table `tasks` behind the app's back."""

    async def write(rows: Iterable[dict[str, Any]]) -> None:
        engine = create_async_engine(re.sub("^sqlite:", "sqlite+aiosqlite:", url))
        async with engine.begin() as connection:
            await connection.execute(insert(Task), list(rows))
        await engine.dispose()

    return write


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """Give the address of this process's PostgreSQL server; nobody who does not ask for it pays for it.

    The lab's own: it serves the checks of the lessons, too, and ends with the process.
    """
    with ThreadPoolExecutor(1) as thread:  # whoever asks may be in an event loop of its own
        return thread.submit(asyncio.run, running_server()).result()


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """Fail the test that leaves a thread or an open database file, once its event loop is closed."""
    # What was there before is set aside: looking through it takes 200 ms, and a check does so ten times.
    gc.freeze()
    threads, files = set(threading.enumerate()), _open_databases()
    yield
    # A forgotten await or connection complains when it is collected: now, so that this test is blamed.
    gc.collect()
    left = set(threading.enumerate()) - threads
    for thread in left:
        thread.join(timeout=2)  # one that is about to end may do so
    left = {thread for thread in left if thread.is_alive()}
    assert not left, f"threads left running: {left}"
    files = _open_databases() - files
    assert not files, f"database files left open: {files}"


@pytest.fixture(autouse=True)
def no_task_is_left_behind(request: pytest.FixtureRequest, nothing_is_left_behind: None) -> None:
    """Give the watch over tasks to each test that has an event loop."""
    if request.node.get_closest_marker("asyncio"):
        request.getfixturevalue("watch_over_tasks")


@pytest_asyncio.fixture
async def watch_over_tasks() -> AsyncIterator[None]:
    """Fail the test that leaves a task running. The event loop would cancel it silently when it closes."""
    yield
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, f"asyncio tasks left running: {left}"


def _open_databases() -> set[str]:
    return {file.path for file in psutil.Process().open_files() if file.path.endswith((".db", ".db-wal"))}
