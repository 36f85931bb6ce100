"""What a notebook is told of PostgreSQL: a server of its own, a given one, a wrong one, none."""

# ruff: noqa: D103 (the name of a test is its sentence)

import asyncio
import os
from contextlib import ExitStack

import pytest

from tests.course.test_out_of_order import Kernel, code_cells
from tests.lab.test_postgres import SERVER_TIMEOUT, names, python, user
from todo_lib.async_app.database import dispose
from todo_lib.async_app.datastore import DataStoreDb
from todo_lib.course.contract.store_judge import StoreJudge
from todo_lib.course.database import new_database
from todo_lib.lab.checks import EveryDriver
from todo_lib.lab.db import postgres
from todo_lib.lab.db.postgres import running_server, start_postgres
from todo_lib.lab.db.postgres_server import VARIABLE, NoServerError
from todo_lib.lab.kernel import requirements
from todo_lib.lab.verdict import Outcome

FORGETS = """
import asyncio
from todo_lib.lab.db.postgres import start_postgres
from todo_lib.course.database import new_database

async def main():
    print((await start_postgres()).mark)
    factory = await new_database("postgresql+asyncpg")
    print(factory.kw["bind"].url.database)

asyncio.run(main())
"""


@pytest.fixture
def nothing_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the lab believe that no server has been asked for; at the end everything is as it was."""
    monkeypatch.setattr(postgres, "_server", "")
    monkeypatch.setattr(postgres, "_running", ExitStack())
    monkeypatch.setattr(requirements, "here", set())
    monkeypatch.setattr("atexit.register", lambda *_: None)


@pytest.mark.asyncio
@pytest.mark.usefixtures("nothing_started")
async def test_a_given_server_is_used(monkeypatch: pytest.MonkeyPatch, postgres_server: str) -> None:
    monkeypatch.setenv(VARIABLE, postgres_server)
    assert (await start_postgres()).mark == "✓"
    assert await running_server() == postgres_server
    assert requirements.here == {"PostgreSQL"}
    assert (await start_postgres()).mark == "✓"


@pytest.mark.asyncio
@pytest.mark.usefixtures("nothing_started")
@pytest.mark.parametrize(
    ("given", "why", "fix"),
    [
        ("none", f"{VARIABLE} says 'none'", f"remove the variable {VARIABLE}"),
        ("postgresql://somebody@127.0.0.1:1/db", f"no server answers at {VARIABLE}", f"repair {VARIABLE}"),
        (
            "postgresql://somebody@no.such.host.invalid/db",
            f"no server answers at {VARIABLE}", "is started for you",
        ),
        ("what is this", f"no server answers at {VARIABLE}: ArgumentError", f"repair {VARIABLE}"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_given_server_is_said_in_two_lines(
    monkeypatch: pytest.MonkeyPatch, given: str, why: str, fix: str
) -> None:
    monkeypatch.setenv(VARIABLE, given)
    note = await start_postgres()
    assert note.mark == "?"
    assert note.lines[0].startswith(why)
    assert note.lines[1] == "Cells that need it are skipped; all others work."
    assert fix in note.lines[2]
    assert requirements.here == set()
    with pytest.raises(NoServerError):
        await new_database("postgresql+asyncpg")


@pytest.mark.asyncio
@pytest.mark.usefixtures("nothing_started")
async def test_a_user_without_rights_is_told_so(
    monkeypatch: pytest.MonkeyPatch, postgres_server: str
) -> None:
    async with user(postgres_server, f"poor_{os.getpid()}", "CREATEDB") as poor:
        monkeypatch.setenv(VARIABLE, poor)
        note = await start_postgres()
    assert note.lines[0] == f"the user of {VARIABLE} may not create databases and roles."


@pytest.mark.asyncio
async def test_a_new_database_replaces_the_one_before(postgres_server: str) -> None:
    first = await new_database("postgresql+asyncpg")
    second = await new_database("postgresql+asyncpg")
    there = await names(postgres_server)
    assert first.kw["bind"].url.database not in there
    assert second.kw["bind"].url.database in there
    await dispose(second)


def test_a_program_that_ends_leaves_no_database_on_a_given_server(postgres_server: str) -> None:
    with python(FORGETS, **{VARIABLE: postgres_server}) as program:
        mark, name = program.communicate(timeout=SERVER_TIMEOUT)[0].split()
    assert (program.returncode, mark) == (0, "✓")
    assert name not in asyncio.run(names(postgres_server))


@pytest.mark.asyncio
@pytest.mark.usefixtures("nothing_started")
async def test_without_a_server_an_answer_is_judged_on_sqlite_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "none")
    judge = EveryDriver(lambda url: StoreJudge(("all",), url=url))
    verdict = await judge("all", DataStoreDb)
    assert (verdict.outcome, verdict.cause) == (Outcome.NOT_STARTED, "no PostgreSQL")
    assert "On sqlite+aiosqlite it is right. PostgreSQL was not tried." in repr(verdict)

    class Empty(DataStoreDb):
        async def all(self) -> list[object]:
            return []

    verdict = await judge("all", Empty)
    assert (verdict.outcome, verdict.lines[0]) == (Outcome.NOT_YET, "on sqlite+aiosqlite")


def test_lesson_12_without_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells that need one say that they are skipped; all others run, and none fails."""
    monkeypatch.setenv(VARIABLE, "none")
    cells = code_cells("postgresql")
    kernel = Kernel()
    try:
        shown = [line for cell in cells for line in kernel.run(cell)]
    finally:
        kernel.stop()
    assert [line for line in shown if line.startswith("error: ")] == []
    skipped = [line for line in shown if line.startswith("? skipped: this cell needs PostgreSQL")]
    assert len(skipped) == sum(cell.source.startswith("# needs PostgreSQL\n") for cell in cells) > 0
