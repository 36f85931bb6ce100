"""`preflight()`: a machine that is ready, and every way in which one is not; each is told its one fix."""

import asyncio
import importlib
import importlib.metadata
import importlib.util
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

import todo_lib
from todo_lib.async_app.datastore import DataStoreDb
from todo_lib.course.readiness import preflight
from todo_lib.lab.aio.unawaited import catch_unawaited
from todo_lib.lab.messages import Note

# The package has a function of the module's name, so `import … as` would give that.
module = importlib.import_module("todo_lib.course.readiness")
CHECKS = module.CHECKS
Break = Callable[[pytest.MonkeyPatch, Path], None]


def old_python(patch: pytest.MonkeyPatch, _: Path) -> None:
    """A Python before 3.11."""
    patch.setattr(sys, "version_info", (3, 10, 14, "final", 0))


def course_not_installed(patch: pytest.MonkeyPatch, _: Path) -> None:
    """The kernel of another environment: `todo_lib` is found only because it stands in the current folder."""
    patch.setattr(module, "PROJECT", "no-such-course")


def another_copy(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """The notebooks of one copy of the course, the Python of another."""
    (folder / "todo_lib").mkdir()
    (folder / "notebooks").mkdir()
    patch.chdir(folder / "notebooks")


def package_missing(patch: pytest.MonkeyPatch, _: Path) -> None:
    """A requirement that came with a newer version of the course."""
    wants(patch, "no-such-package>=1.0")


def package_too_old(patch: pytest.MonkeyPatch, _: Path) -> None:
    """A package from before."""
    wants(patch, "aiosqlite>=1000")


def package_too_new(patch: pytest.MonkeyPatch, _: Path) -> None:
    """A package beyond the course's upper bound."""
    wants(patch, "sqlalchemy[asyncio]<1")


def packaging_missing(patch: pytest.MonkeyPatch, _: Path) -> None:
    """What the check itself relies on."""
    patch.setitem(sys.modules, "packaging.requirements", None)


def greenlet_broken(patch: pytest.MonkeyPatch, _: Path) -> None:
    """Installed, and its binary part cannot be loaded."""
    patch.setitem(sys.modules, "greenlet", None)


def package_broken(patch: pytest.MonkeyPatch, _: Path) -> None:
    """Its metadata are there, its modules are not."""
    patch.setitem(sys.modules, "todo_lib.async_app.main", None)


def old_sqlite(patch: pytest.MonkeyPatch, _: Path) -> None:
    """What an old Linux brings."""
    patch.setattr(sqlite3, "sqlite_version_info", (3, 26, 0))
    patch.setattr(sqlite3, "sqlite_version", "3.26.0")


def no_temporary_folder(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """TMPDIR names what is not there."""
    patch.setattr(tempfile, "tempdir", str(folder / "gone"))


def no_wal(patch: pytest.MonkeyPatch, _: Path) -> None:
    """A network drive: SQLite keeps its old journal. A database in memory does the same."""
    connect = sqlite3.connect
    patch.setattr(sqlite3, "connect", lambda place: connect(":memory:"))


def driver_fails(patch: pytest.MonkeyPatch, _: Path) -> None:
    """The driver is there and does not work."""

    async def add(self: DataStoreDb, task: object) -> None:
        raise OSError("the driver is broken")

    patch.setattr(DataStoreDb, "add", add)


def driver_hangs(patch: pytest.MonkeyPatch, _: Path) -> None:
    """The driver's thread never answers."""

    async def get(self: DataStoreDb, id: int) -> None:
        await asyncio.Event().wait()

    patch.setattr(DataStoreDb, "get", get)
    patch.setattr(module, "CHECK_TIMEOUT", 0.2)


def reads_something_else(patch: pytest.MonkeyPatch, _: Path) -> None:
    """What was saved is not what is read."""

    async def get(self: DataStoreDb, id: int) -> None:
        return None

    patch.setattr(DataStoreDb, "get", get)


def no_local_port(patch: pytest.MonkeyPatch, _: Path) -> None:
    """A sandbox lets nobody listen."""

    async def start_server(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    patch.setattr(asyncio, "start_server", start_server)


def port_is_silent(patch: pytest.MonkeyPatch, _: Path) -> None:
    """A firewall swallows what is sent."""
    start = asyncio.start_server

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    patch.setattr(asyncio, "start_server", lambda answer, *place: start(hold, *place))
    patch.setattr(module, "CHECK_TIMEOUT", 0.2)


def another_answers(patch: pytest.MonkeyPatch, _: Path) -> None:
    """A proxy puts itself in between."""
    start = asyncio.start_server

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"403\n")
        writer.close()

    patch.setattr(asyncio, "start_server", lambda answer, *place: start(refuse, *place))


def wants(patch: pytest.MonkeyPatch, *more: str) -> None:
    """Let the course ask for more than it does."""
    requires = importlib.metadata.requires("todo-lib") or []
    patch.setattr(importlib.metadata, "requires", lambda name: [*requires, *more])


def names_in(folder: Path) -> list[str]:
    """Return what the folder holds."""
    return [path.name for path in folder.iterdir()]


NEWER = "fix: make the environment again with a newer Python"
LAB = "fix: close JupyterLab, and start it with `make lab` in this copy"
PIP = "fix: in a cell: `%pip install -c "
TMPDIR = "fix: set TMPDIR"
AGAIN = "fix: make the environment again: `make clean`"
FIREWALL = "fix: let Python use 127.0.0.1"
# what is broken → the check that must notice, what it finds, the fix it names
BROKEN: dict[Break, tuple[str, str, str]] = {
    old_python: ("python", "Found: 3.10.14", NEWER),
    course_not_installed: ("kernel", "Found: the course is not installed in ", LAB),
    another_copy: ("kernel", "Found: this notebook is in ", LAB),
    package_missing: ("packages", "Found: no-such-package is missing", PIP),
    package_too_old: ("packages", "is not >=1000", PIP),
    package_too_new: ("packages", "Found: sqlalchemy 2.", PIP),
    packaging_missing: ("packages", "Found: ModuleNotFoundError: import of packaging.requirements", PIP),
    greenlet_broken: ("greenlets", "Found: ModuleNotFoundError: import of greenlet", "--force-reinstall"),
    package_broken: ("imports", "Found: ModuleNotFoundError: import of todo_lib.async_app.main", PIP),
    old_sqlite: ("sqlite", "Found: 3.26.0", NEWER),
    no_temporary_folder: ("folder", "Found: FileNotFoundError: ", TMPDIR),
    no_wal: ("folder", "the journal mode is memory: WAL is refused", TMPDIR),
    driver_fails: ("round_trip", "Found: OSError: the driver is broken", AGAIN),
    driver_hangs: ("round_trip", "Found: no answer within 0 seconds", AGAIN),
    reads_something_else: ("round_trip", "read None", AGAIN),
    no_local_port: ("port", "Found: PermissionError: [Errno 1] Operation not permitted", FIREWALL),
    port_is_silent: ("port", "Found: no answer within 0 seconds", FIREWALL),
    another_answers: ("port", "Found: another answer came back: b'403\\n'", FIREWALL),
}


@pytest.fixture(autouse=True)
def _made_with_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment has pip, and conda did not make it, wherever this test runs."""
    monkeypatch.setattr(module, "_is_conda", lambda: False)
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "pip" or find(name))


@pytest.fixture(autouse=True)
def no_socket_is_left_behind() -> Any:
    """Fail the test that leaves a port open."""
    before = set(psutil.Process().net_connections())
    yield
    assert set(psutil.Process().net_connections()) <= before


def failed(note: Note) -> list[str]:
    """Return the lines of what is not ready."""
    return [line for line in note.lines if line.startswith("✗")]


@pytest.mark.asyncio
async def test_a_machine_that_is_ready() -> None:
    """Every check holds, and nothing is shown that differs on the next machine."""
    note = await preflight()
    assert (note.mark, note.title) == ("✓", "this machine is ready")
    assert list(note.lines) == [f"✓ ready: {each.name}" for each in CHECKS]
    assert re.findall(r"\d+\.\d+", repr(note)) == ["3.11", "3.30"], (
        "the bounds, and no version that was found"
    )
    assert "/" not in repr(note)


@pytest.mark.asyncio
@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.__name__)
async def test_what_is_missing_is_named_with_one_fix(
    broken: Break, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The check that notices says what it found and what to do; the others hold, or wait for it."""
    name, found, fix = BROKEN[broken]
    with monkeypatch.context() as patch:
        broken(patch, tmp_path)
        note = await preflight()
        await asyncio.sleep(0.01)  # the loop goes on, as in a kernel, and the last connections close
    line = next(each for each in note.lines if each.startswith("✗"))
    assert line.startswith(f"✗ not ready: {getattr(module, name).name}. Found: ")
    assert found in line
    assert fix in note.lines[note.lines.index(line) + 1]
    assert len(failed(note)) == 1
    assert sum(each.startswith("fix: ") for each in note.lines) == 1
    waiting = sum(each.startswith("– not tried: ") for each in note.lines)
    assert note.title == f"this machine is not ready: {1 + waiting} of {len(CHECKS)}"
    assert note.lines[-1].startswith("Begin with the first fix.")


def test_every_check_has_been_seen_failing() -> None:
    """None that can only say yes."""
    seen = {getattr(module, name).name for name, _, _ in BROKEN.values()} | {module.loop.name}
    assert seen == {each.name for each in CHECKS}


def test_a_cell_that_may_not_await() -> None:
    """Without an event loop, what needs none is tried all the same."""
    steps = preflight().__await__()
    with pytest.raises(StopIteration) as done:
        next(steps)
    note = done.value.value
    assert failed(note) == [f"✗ not ready: {module.loop.name}. Found: RuntimeError: no running event loop"]
    assert "fix: in a cell: `%autoawait asyncio`" in note.lines
    assert f"– not tried: {module.port.name}. It needs what is missing above." in note.lines
    assert f"✓ ready: {module.folder.name}" in note.lines


@pytest.mark.asyncio
async def test_what_needs_something_else_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One fix at a time: a missing package explains why greenlet and the database are not tried."""
    package_missing(monkeypatch, tmp_path)
    note = await preflight()
    for each in (module.greenlets, module.round_trip):
        assert f"– not tried: {each.name}. It needs what is missing above." in note.lines


@pytest.mark.asyncio
async def test_two_things_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each has its own fix."""
    old_sqlite(monkeypatch, tmp_path)
    no_local_port(monkeypatch, tmp_path)
    note = await preflight()
    assert len(failed(note)) == 2
    assert note.title == f"this machine is not ready: 3 of {len(CHECKS)}"  # the third is not tried


@pytest.mark.asyncio
async def test_a_requirement_of_another_system_or_of_the_tests_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A learner needs neither."""
    wants(monkeypatch, "nowhere; sys_platform == 'amiga'", "nothing; extra == 'test'")
    assert (await preflight()).mark == "✓"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("broken", "conda", "uv"),
    [
        (package_missing, "`conda env update --prefix ", "`uv pip install --python "),
        (greenlet_broken, "`conda install --prefix ", "`uv pip install --python "),
    ],
)
async def test_the_fix_fits_the_tool_that_made_the_environment(
    broken: Break, conda: str, uv: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Conda's own command in a conda environment; uv's where there is no pip."""
    broken(monkeypatch, tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert uv in repr(await preflight())
    monkeypatch.undo()
    broken(monkeypatch, tmp_path)
    (tmp_path / "conda-meta").mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert conda in repr(await preflight())


@pytest.mark.asyncio
async def test_no_await_before_preflight() -> None:
    """It says that it has not run, and is reported."""
    with catch_unawaited() as unawaited:
        assert "write `await preflight(…)`" in repr(preflight())
    assert [found.name for found in unawaited] == ["preflight"]


@pytest.mark.asyncio
async def test_nothing_stays_in_the_temporary_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither when all is well nor when the database fails."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    await preflight()
    driver_fails(monkeypatch, tmp_path)
    await preflight()
    assert not names_in(tmp_path)


# -- really missing ------------------------------------------------------------------------------------

REQUIRED = sorted(
    re.split(r"[^\w.-]", line)[0] for line in importlib.metadata.requires("todo-lib") or [] if ";" not in line
)
PREFLIGHT = """
import asyncio, sys
from todo_lib.course import preflight
strangers = {name.partition(".")[0] for name in sys.modules} - {*sys.stdlib_module_names, "todo_lib"}
print("imported:", sorted(strangers - {"__main__"}))
async def main():
    print(await preflight())
asyncio.run(main())
"""
LOAD = """
from todo_lib.course import NotReadyError, load_ipython_extension
try:
    load_ipython_extension(None)
except NotReadyError as error:
    print("\\n".join(error._render_traceback_()))
"""


def without(package: str, folder: Path) -> Path:
    """Make a folder in which Python finds all that is installed, but not this package."""
    for path in sorted({Path(str(each.locate_file(""))) for each in importlib.metadata.distributions()}):
        for part in path.iterdir():
            if not (folder / part.name).exists():
                (folder / part.name).symlink_to(part)
    for file in importlib.metadata.files(package) or []:
        if file.parts[0] != "..":
            (folder / file.parts[0]).unlink(missing_ok=True)
    return folder


def run_there(code: str, folder: Path) -> str:
    """Run code in a Python that knows this folder and the course alone; return what it prints."""
    search = [str(Path(todo_lib.__file__).parents[1]), str(folder)]
    script = f"import sys; sys.path += {search}\n{code}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert not done.stderr, done.stderr
    return done.stdout


@pytest.mark.parametrize("package", [*REQUIRED, *module.BROUGHT])
def test_preflight_speaks_of_what_is_really_missing(package: str, tmp_path: Path) -> None:
    """It starts without it, names it and the fix; and imports nothing that it looks for before it looks."""
    said = run_there(PREFLIGHT, without(package, tmp_path))
    assert said.startswith("imported: []\n")
    assert "✗ this machine is not ready" in said
    found = next(line for line in said.splitlines() if "✗ not ready: " in line)
    assert package.replace("-", "_") in found.replace("-", "_").lower()
    assert "fix: in a cell: `%pip install -c " in said or "fix: in a terminal: `" in said


@pytest.mark.parametrize(
    "package", ["greenlet", "SQLAlchemy", "pydantic", "blockbuster", "uvicorn", "ipython"]
)
def test_a_lesson_that_lacks_a_package_says_so_in_its_first_line(package: str, tmp_path: Path) -> None:
    """Not by a traceback: what is missing, and the fix."""
    found, fix, restart = run_there(LOAD, without(package, tmp_path)).splitlines()
    assert found.startswith("✗ not ready: ")
    assert package.lower() in found.lower()
    assert fix.startswith("fix: in a ")
    assert restart.startswith("Then restart the kernel")
