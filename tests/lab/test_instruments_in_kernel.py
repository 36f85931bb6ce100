"""The instruments in a real kernel: what a cell shows, and what is left after it."""

import asyncio
import base64
import inspect
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode, v4

from todo_lib.async_app.main import app as async_app
from todo_lib.sync_app.main import app as sync_app

APPS = {"sync": sync_app, "async": async_app}
TASK = {"name": "buy bread", "priority": 1, "due_date": str(date.today() + timedelta(days=1))}


CELLS = {
    "load": """
        %load_ext todo_lib.course
        import asyncio, sys, time
        from datetime import date
        from sqlalchemy.exc import MissingGreenlet
        from sqlalchemy.ext.asyncio import async_sessionmaker
        from todo_lib.async_app.database import dispose
        from todo_lib.async_app.datastore import DataStoreDb
        from todo_lib.async_app.main import app
        from todo_lib.entities import Task
        from todo_lib.course import new_database
        from todo_lib.lab import open_things
        from todo_lib.lab.errors.expected import expect_error
        from todo_lib.lab.aio.measure import stall_meter, timed
        from todo_lib.lab.db.queries import count_queries, pool_status
        from todo_lib.lab.server import serve
        from todo_lib.lab.aio.timeline import timeline

        async def wait(seconds=0):
            await asyncio.sleep(seconds)

        async def fail():
            raise ValueError("lost")

        factory = await new_database()
        store = DataStoreDb(factory)
        "matplotlib" in sys.modules
    """,
    "an expired attribute": """
        async with async_sessionmaker(factory.kw["bind"])() as session:
            session.add(task := Task(name="buy bread", priority=1, due_date=date(2028, 2, 29), done=False))
            await session.commit()
            with expect_error(MissingGreenlet):
                task.name
    """,
    "no error": """
        with expect_error(ValueError):
            pass
    """,
    "timed": "(await timed(wait)).median < (await timed(lambda: wait(0.1), repeat=1)).median",
    "stall": """
        async with stall_meter() as stall:
            time.sleep(0.3)
        stall.note
    """,
    "queries": """
        with count_queries(factory) as queries:
            for id in (1, 2):
                await store.get(id)
        queries
    """,
    "pool": "pool_status(factory)",
    "timeline": """
        async with timeline() as line:
            await asyncio.gather(line.task("long", wait(0.2)), line.task("short", wait(0.1)))
        line.draw()
    """,
    "a task fails in a timeline": """
        async with timeline() as line:
            lost = asyncio.create_task(fail())
            await asyncio.sleep(0)
        line
    """,
    "a task fails after a timeline": """
        lost = asyncio.create_task(fail())
        await asyncio.sleep(0)
    """,
    "a server": """
        async with serve(app, env={"TODO_DATABASE_URL": str(factory.kw["bind"].url)}) as client:
            print((await client.get("/api/todo/1")).json()["name"])
    """,
    "an interrupted server": """
        async with serve(app, env={"TODO_DATABASE_URL": str(factory.kw["bind"].url)}) as client:
            print("ready", flush=True)
            await asyncio.sleep(60)
    """,
    "the interrupted server is gone": """
        import socket
        with socket.socket() as other:
            print(other.connect_ex((client.base_url.host, client.base_url.port)) == 0, client.is_closed)
        [task.get_name() for task in asyncio.all_tasks() if "uvicorn" in repr(task)]
    """,
    "a slow check": """
        from todo_lib.lab.exercise import Exercise, ExerciseSet
        from todo_lib.lab.verdict import Outcome, Verdict

        class Slow:
            promises = ()
            async def __call__(self, exercise, answer):
                await asyncio.sleep(1.2)
                time.sleep(1)  # the loop stands still
                return Verdict(Outcome.RIGHT, exercise)

        slow = ExerciseSet("Lesson", {"get": Exercise(Slow(), (), None)}).get
        await slow.check(1)
    """,
    "nothing is left": """
        await dispose(factory)
        open_things()
    """,
}
PRINTED = {
    "load": "False",
    "timed": "True",
    "stall": "! the event loop was blocked\n  For more than 100 ms no other task could run.",
    "pool": "size  checked in  checked out  overflow\n5     1           0            0",
    "a server": "buy bread\n",
    "the interrupted server is gone": "False True\n[]",
    "nothing is left": "✓ nothing is left open\n  No asyncio task, no connection, no thread.",
}


progress_seen: list[str | None] = []
"""What a line of progress said, one update after the other."""


class Recording(NotebookClient):
    """Notes what is shown for a while only."""

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> Any:
        """Take a message of the kernel."""
        if msg["content"].get("transient"):
            progress_seen.append(msg["content"]["data"].get("text/plain"))
        return super().process_message(msg, cell, cell_index)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, NotebookNode]:
    """Run the cells in a kernel, interrupting the one that is to be interrupted; return them by name."""
    notebook = v4.new_notebook(
        cells=[v4.new_code_cell(inspect.cleandoc("\n" + code)) for code in CELLS.values()]
    )
    cells = dict(zip(CELLS, notebook.cells, strict=True))
    interrupts = []
    progress_seen.clear()

    async def interrupt() -> None:
        while not printed(cells["an interrupted server"]):  # noqa: ASYNC110 (in another process)
            await asyncio.sleep(0.02)
        await client.km.interrupt_kernel()

    async def before(cell: NotebookNode, cell_index: int) -> None:
        if cell is cells["an interrupted server"]:
            interrupts.append(asyncio.create_task(interrupt()))

    client = Recording(
        notebook,
        timeout=20,
        allow_errors=True,
        on_cell_execute=before,
        resources={"metadata": {"path": str(tmp_path_factory.mktemp("kernel"))}},
    )
    # In a thread of its own: asyncio.run() would take this thread's event loop away from pytest-asyncio 1.1.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, client.async_execute()).result()
    return cells


def printed(cell: NotebookNode) -> str:
    """Return what a cell shows, as text."""
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "".join(texts)


def raised(cell: NotebookNode) -> tuple[str, str] | None:
    """Return name and words of the error that ended a cell."""
    errors = [(output.ename, output.evalue) for output in cell.outputs if output.output_type == "error"]
    return errors[0] if errors else None


@pytest.mark.parametrize("name", PRINTED)
def test_a_cell_shows_this_and_nothing_else(ran: dict[str, NotebookNode], name: str) -> None:
    """Neither a warning, nor a note of the watcher, nor a log."""
    assert raised(ran[name]) is None
    assert printed(ran[name]) == PRINTED[name]


def test_an_expected_error_in_a_kernel(ran: dict[str, NotebookNode]) -> None:
    """In the words of this version of SQLAlchemy, and with the error that wraps it, if any."""
    shown = re.fullmatch(
        r"✓ MissingGreenlet, as expected: greenlet_spawn has not been called; "
        r"can't call await_(only)?\(\) here\n"
        r"(  It came inside StatementError: write `except StatementError`\.\n)?",
        printed(ran["an expired attribute"]),
    )
    assert shown, printed(ran["an expired attribute"])


def test_a_slow_check_says_that_it_goes_on(ran: dict[str, NotebookNode]) -> None:
    """It did while it ran, also when the loop stood still; of that, only an empty output is kept."""
    assert progress_seen == [None, "… checking get: 1 s", "… checking get: 2 s", None]
    kept, verdict = ran["a slow check"].outputs
    assert kept.data == {}
    assert verdict.data["text/plain"] == "✓ right: get"


def test_queries_in_a_kernel(ran: dict[str, NotebookNode]) -> None:
    """They show themselves as text and as HTML."""
    assert printed(ran["queries"]).startswith("· 2 statements\n    2 × SELECT tasks.id, ")
    assert "<strong>· 2 statements</strong>" in ran["queries"].outputs[0].data["text/html"]


def test_an_expectation_that_fails_ends_the_cell(ran: dict[str, NotebookNode]) -> None:
    """So that a lesson whose error no longer comes is red."""
    assert raised(ran["no error"]) == ("ExpectationError", "expected ValueError, but no error was raised")


def test_a_timeline_is_a_picture_and_words(ran: dict[str, NotebookNode]) -> None:
    """The words stand below the picture, and in its place where there are no pictures."""
    picture, words = ran["timeline"].outputs
    order = ["long starts", "long waits", "short starts", "short waits", "short ends", "long ends"]
    assert picture.data["text/plain"] == "\n".join(f"{n}. {line}" for n, line in enumerate(order, 1))
    assert base64.b64decode(picture.data["image/png"]).startswith(b"\x89PNG")
    assert picture.metadata["image/png"]["alt"].endswith("5. short ends; 6. long ends.")
    assert list(words.data) == ["text/html"]
    assert "".join(f"<li>{line}</li>" for line in order) in words.data["text/html"]


@pytest.mark.parametrize("name", ["a task fails in a timeline", "a task fails after a timeline"])
def test_the_watcher_sees_through_a_timeline(ran: dict[str, NotebookNode], name: str) -> None:
    """A task that failed is told, with the learner's own line."""
    assert "! task failed" in printed(ran[name])
    assert (
        "`lost = asyncio.create_task(fail())`" in printed(ran[name]).replace(": lost =", ": `lost =", 1) + "`"
    )
    assert "ValueError: lost" in printed(ran[name])


def test_an_interrupt_stops_the_cell(ran: dict[str, NotebookNode]) -> None:
    """And with it the server: the next cells say that it is gone, and that nothing is left."""
    name, _ = raised(ran["an interrupted server"])
    assert name in {"CancelledError", "KeyboardInterrupt"}
    assert printed(ran["an interrupted server"]) == "ready\n"
