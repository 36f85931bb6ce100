"""Machines on which the course cannot work: what breaks each, who must notice it, and the one fix."""

import asyncio
import importlib
import importlib.metadata
import importlib.util
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from todo_lib.async_app.datastore import DataStoreDb

# The package has a function of the module's name, so `import … as` would give that.
module = importlib.import_module("todo_lib.course.readiness")
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
