"""Is this machine ready for the course? `await preflight()` says so, and names a fix for each thing missing.

It needs the standard library alone: what it looks for it imports only where it tries it.

A check is an async function whose docstring is the line a learner reads. It returns nothing when all is well;
whatever it raises is shown as what was found. Nothing that differs between two machines is shown when all is
well: versions and folders appear only in failures.
"""

import asyncio
import importlib
import importlib.metadata
import importlib.util
import re
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import todo_lib
from todo_lib.lab.aio.unawaited import RunsWhenAwaited
from todo_lib.lab.messages import Note

REPOSITORY = Path(todo_lib.__file__).parents[1]
PROJECT = "todo-lib"
PYTHON = (3, 11)
# The newest thing the app asks of SQLite: FILTER on count(), in get_statistics.
# https://www.sqlite.org/releaselog/3_30_0.html
SQLITE = (3, 30, 0)
# What the course imports, too, and asks nobody for: the packages that it requires bring it.
BROUGHT = ("anyio", "ipython", "packaging", "pydantic", "starlette")
CHECK_TIMEOUT = 10.0  # seconds for what is awaited
T = TypeVar("T")


RESTART = "Then restart the kernel and run this notebook from the top."


class NotReadyError(Exception):
    """Something is not as the course needs it: the message says what was found."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: a traceback would only hide the message."""
        return str(self).splitlines()


@dataclass(frozen=True)
class Check:
    """One thing that must be so, how to repair it, and which checks must hold before it can be tried."""

    run: Callable[[], Awaitable[None]]
    fix: Callable[[], str]
    needs: tuple["Check", ...]

    @property
    def name(self) -> str:
        """Return the line a learner reads."""
        return (self.run.__doc__ or "").splitlines()[0].removesuffix(".")


CHECKS: list[Check] = []


def check(fix: str | Callable[[], str], *needs: Check) -> Callable[[Callable[[], Awaitable[None]]], Check]:
    """Add a function to the checks; `fix` is the one thing to do when it raises."""

    def register(run: Callable[[], Awaitable[None]]) -> Check:
        CHECKS.append(Check(run, fix if callable(fix) else lambda: fix, needs))
        return CHECKS[-1]

    return register


def preflight() -> RunsWhenAwaited:
    """Try everything the course needs: `await` this to get a note. Nothing is raised, nothing stays open."""
    return RunsWhenAwaited("preflight", _preflight)


async def _preflight() -> Note:
    failed: list[Check] = []
    lines: list[str] = []
    for each in CHECKS:
        if any(need in failed for need in each.needs):
            failed.append(each)
            lines.append(f"– not tried: {each.name}. It needs what is missing above.")
            continue
        try:
            await each.run()
        except Exception as error:  # noqa: BLE001 (whatever is wrong here, the learner is told what to do)
            failed.append(each)
            lines += [f"✗ not ready: {each.name}. Found: {_found(error)}", f"fix: {each.fix()}"]
        else:
            lines.append(f"✓ ready: {each.name}")
    if not failed:
        return Note("✓", "this machine is ready", tuple(lines))
    lines.append(f"Begin with the first fix. {RESTART}")
    return Note("✗", f"this machine is not ready: {len(failed)} of {len(CHECKS)}", tuple(lines))


@contextmanager
def told_plainly() -> Iterator[None]:
    """Let a block import packages. Raise `NotReadyError`, which names the fix, if one cannot be had."""
    wrong = missing()
    if not wrong:
        try:
            yield
            return
        except ImportError as error:
            wrong = [_found(error)]
    lines = (f"✗ not ready: {', '.join(wrong)}", f"fix: {install()}", RESTART)
    raise NotReadyError("\n".join(lines))


def _found(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {CHECK_TIMEOUT:.0f} seconds"
    text = " ".join(str(error).split())
    return text if isinstance(error, NotReadyError) else f"{type(error).__name__}: {text}"


# -- what to install, with the tool that made this environment -----------------------------------------


def install() -> str:
    """Return how to install what the course needs."""
    if _is_conda():
        file = REPOSITORY / "environment.yml"
        return f'in a terminal: `conda env update --prefix "{sys.prefix}" --file "{file}"`'
    return _with_pip_or_uv(f'-c "{REPOSITORY / ".ci" / "constraints.txt"}" -e "{REPOSITORY}"')


def reinstall_greenlet() -> str:
    """Return how to install greenlet again, which is there and cannot be imported."""
    if _is_conda():
        return f'in a terminal: `conda install --prefix "{sys.prefix}" --force-reinstall greenlet`'
    return _with_pip_or_uv("--force-reinstall --no-deps greenlet")


def _with_pip_or_uv(what: str) -> str:
    if importlib.util.find_spec("pip"):
        return f"in a cell: `%pip install {what}`"
    return f'in a terminal: `uv pip install --python "{sys.executable}" {what}`'


def _is_conda() -> bool:
    return Path(sys.prefix, "conda-meta").is_dir()


NEWER_PYTHON = (
    "make the environment again with a newer Python: `make clean`, then `make lab PYTHON=python3.13`"
)


# -- the checks, in the order in which to repair -------------------------------------------------------


@check(NEWER_PYTHON)
async def python() -> None:
    """Python 3.11 or newer."""
    if sys.version_info[:2] < PYTHON:
        raise NotReadyError(".".join(map(str, sys.version_info[:3])))


@check("close JupyterLab, and start it with `make lab` in this copy of the course (without make: README.md)")
async def kernel() -> None:
    """The notebook runs on the Python where the course is installed."""
    try:
        importlib.metadata.distribution(PROJECT)
    except importlib.metadata.PackageNotFoundError:
        raise NotReadyError(f"the course is not installed in {sys.prefix}") from None
    here = Path.cwd().parent  # notebooks stand in a folder of the course
    if (here / "todo_lib").is_dir() and not (here / "todo_lib").samefile(REPOSITORY / "todo_lib"):
        raise NotReadyError(f"this notebook is in {here}, and Python has the course in {REPOSITORY}")


@check(install, kernel)
async def packages() -> None:
    """Every package the course needs, in a version it was written for."""
    if wrong := missing():
        raise NotReadyError(", ".join(wrong))
    from packaging.requirements import Requirement  # noqa: PLC0415

    for requirement in map(Requirement, importlib.metadata.requires(PROJECT) or []):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        version = importlib.metadata.version(requirement.name)
        if not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name} {version} is not {requirement.specifier}")
    if wrong:
        raise NotReadyError(", ".join(wrong))


def missing() -> list[str]:
    """Return what is not installed of what the course requires on every system."""
    required = _of_installed(importlib.metadata.requires, PROJECT) or []
    names = [re.split(r"[^\w.-]", line)[0] for line in required if ";" not in line]
    return [
        f"{name} is missing"
        for name in (*names, *BROUGHT)
        if not _of_installed(importlib.metadata.version, name)
    ]


def _of_installed(ask: Callable[[str], T], name: str) -> T | None:
    """Return what is known of a package, or None if it is not installed."""
    try:
        return ask(name)
    except importlib.metadata.PackageNotFoundError:
        return None


@check(reinstall_greenlet, packages)
async def greenlets() -> None:
    """SQLAlchemy's helper greenlet can be imported."""
    # SQLAlchemy swallows the error when it finds that it cannot have it.
    from greenlet import greenlet  # noqa: PLC0415

    greenlet(lambda: None).switch()


@check(NEWER_PYTHON)
async def sqlite() -> None:
    """SQLite 3.30 or newer, which is a part of Python."""
    if sqlite3.sqlite_version_info < SQLITE:
        raise NotReadyError(sqlite3.sqlite_version)


@check("in a cell: `%autoawait asyncio`")
async def loop() -> None:
    """An event loop is running, and a cell may `await`."""
    asyncio.get_running_loop()


@check("set TMPDIR (on Windows TEMP) to a folder on a disk of this machine, then start JupyterLab again")
async def folder() -> None:
    """A temporary folder that can hold a database in WAL mode."""
    with tempfile.TemporaryDirectory(prefix="todo-preflight-") as place:
        path = Path(place, "todo.db")
        with closing(sqlite3.connect(path)) as writer, closing(sqlite3.connect(path)) as reader:
            (mode,) = writer.execute("PRAGMA journal_mode = WAL").fetchone()
            if mode != "wal":
                raise NotReadyError(f"in {place} the journal mode is {mode}: WAL is refused")
            writer.execute("CREATE TABLE tasks (name)")
            writer.execute("INSERT INTO tasks VALUES ('buy bread')")
            writer.commit()
            reader.execute("SELECT name FROM tasks").fetchone()


@check(install, packages, greenlets)
async def imports() -> None:
    """The app, the lab and the lessons can be imported."""
    for name in ("async_app.main", "sync_app.main", "course.lessons", "lab.kernel.extension"):
        importlib.import_module(f"todo_lib.{name}")


@check("make the environment again: `make clean`, then `make lab`", imports, sqlite, loop, folder)
async def round_trip() -> None:
    """A task saved and read through SQLAlchemy and aiosqlite."""
    from todo_lib.async_app.database import (  # noqa: PLC0415
        create_async_session_factory,
        create_tables,
        dispose,
    )
    from todo_lib.async_app.datastore import DataStoreDb  # noqa: PLC0415
    from todo_lib.models import TaskInput  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="todo-preflight-", ignore_cleanup_errors=True) as place:
        factory = create_async_session_factory(f"sqlite+aiosqlite:///{Path(place, 'todo.db').as_posix()}")
        try:
            async with asyncio.timeout(CHECK_TIMEOUT):
                await create_tables(factory)
                store = DataStoreDb(factory)
                saved = await store.add(TaskInput(name="buy bread", priority=1, due_date=date(2028, 2, 29)))
                read = await store.get(saved.id)
        finally:
            await dispose(factory)
    if read != saved:
        raise NotReadyError(f"saved {saved!r}, read {read!r}")


@check("let Python use 127.0.0.1 in your firewall or sandbox: some lessons serve the app there", loop)
async def port() -> None:
    """A local port that answers."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    async with asyncio.timeout(CHECK_TIMEOUT), await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        try:
            writer.write(b"are you there?\n")
            heard = await reader.readline()
        finally:
            writer.close()
            await writer.wait_closed()
    if heard != b"are you there?\n":
        raise NotReadyError(f"another answer came back: {heard!r}")
