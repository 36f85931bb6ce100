"""An error that is meant to happen is one stable line; one that is not makes the block fail."""

import asyncio
import gc
import inspect
import warnings
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, MissingGreenlet, StatementError
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import UnmappedInstanceError

from todo_lib.async_app.database import create_async_session_factory, create_tables, dispose
from todo_lib.entities import Task
from todo_lib.lab.blank import BLANK
from todo_lib.lab.errors.expected import ExpectationError, expect_error, stable_text
from todo_lib.lab.errors.model import related


def test_the_error_is_one_line_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """The program goes on after the block."""
    with expect_error(ValueError) as expected:
        raise ValueError("no such day. Use another one.")
    assert capsys.readouterr().out == "✓ ValueError, as expected: no such day\n"
    assert isinstance(expected.error, ValueError)


def test_an_error_without_words(capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to put after a colon."""
    with expect_error(TimeoutError):
        raise TimeoutError
    assert capsys.readouterr().out == "✓ TimeoutError, as expected\n"


@pytest.mark.asyncio
async def test_async_with(capsys: pytest.CaptureFixture[str]) -> None:
    """Both kinds of block work alike, green and red."""
    async with expect_error(KeyError):
        raise KeyError("x")
    assert capsys.readouterr().out == "✓ KeyError, as expected: 'x'\n"
    with pytest.raises(ExpectationError):
        async with expect_error(KeyError):
            pass


def test_no_error_is_red() -> None:
    """What should have failed did not."""
    with (
        pytest.raises(ExpectationError, match=r"^expected KeyError or ValueError, but no error was raised$"),
        expect_error(KeyError, ValueError),
    ):
        pass


def test_another_error_is_red_and_chained() -> None:
    """The message says both, and the other error is not lost."""
    with (
        pytest.raises(
            ExpectationError, match=r"^expected KeyError, but ValueError was raised: no$"
        ) as raised,
        expect_error(KeyError) as expected,
    ):
        raise ValueError("no")
    assert isinstance(raised.value.__cause__, ValueError)
    assert expected.error is None


def test_the_message_must_match() -> None:
    """The right kind of error for the wrong reason is red."""
    with expect_error(ValueError, match=r"n\w"):
        raise ValueError("no")
    with (
        pytest.raises(
            ExpectationError, match="expected ValueError matching 'yes', but ValueError was raised: no"
        ),
        expect_error(ValueError, match="yes"),
    ):
        raise ValueError("no")


def test_wrapped_errors_count(capsys: pytest.CaptureFixture[str]) -> None:
    """In `.orig`, as `__cause__`, in a group, and one in the other; the one found is shown."""
    with expect_error(KeyError):
        raise StatementError("outside", "SELECT 1", {}, KeyError("orig"))
    with expect_error(KeyError):
        raise ValueError("outside") from KeyError("cause")
    with expect_error(KeyError) as expected:
        raise ExceptionGroup("outside", [TypeError("x"), ExceptionGroup("inside", [KeyError("member")])])
    assert isinstance(expected.error, ExceptionGroup), "what was raised is kept, not what was found in it"
    shown = capsys.readouterr().out.splitlines()
    assert shown == [
        "✓ KeyError, as expected: 'orig'",
        "  It came inside StatementError: write `except StatementError`.",
        "✓ KeyError, as expected: 'cause'",
        "  It came inside ValueError: write `except ValueError`.",
        "✓ KeyError, as expected: 'member'",
        "  It came inside ExceptionGroup: write `except* KeyError`.",
    ]


def test_an_error_that_was_being_handled_does_not_count() -> None:
    """It came before, and is not the reason."""

    def fail_while_handling() -> None:
        try:
            raise KeyError("before")
        except KeyError:
            raise ValueError("after")  # noqa: B904 (that is what is tried)

    with pytest.raises(ExpectationError), expect_error(KeyError):
        fail_while_handling()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_what_stops_a_program_passes(stop: type[BaseException]) -> None:
    """Neither swallowed nor turned into a failed expectation, also in a group; unless it is asked for."""
    with pytest.raises(stop), expect_error(Exception):
        raise stop
    with pytest.raises(BaseExceptionGroup), expect_error(ValueError):
        raise BaseExceptionGroup("both", [stop(), ValueError()])
    with expect_error(stop) as expected:
        raise stop
    assert isinstance(expected.error, stop)


@pytest.mark.asyncio
async def test_a_cancelled_task_is_cancelled() -> None:
    """An interrupt of the cell ends it, whatever error it expects."""

    async def work() -> None:
        async with expect_error(Exception):
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_what_is_no_class_of_errors_is_refused() -> None:
    """Otherwise a typing mistake would expect nothing."""
    for wrong in ((), ("ValueError",), (ValueError("x"),), (str,)):
        with pytest.raises(TypeError, match="at least one class of errors"):
            expect_error(*wrong)


def test_a_blank_judges_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A learner who has not written the type yet can run the cell."""
    with expect_error(BLANK):
        raise ValueError("no")
    with expect_error(BLANK):
        pass
    assert capsys.readouterr().out == "– not started: ____ stands here\n" * 2
    with pytest.raises(KeyboardInterrupt), expect_error(BLANK):
        raise KeyboardInterrupt


@pytest.mark.asyncio
async def test_an_expired_attribute(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """SQLAlchemy 2.0 and 2.1 raise differently and say it differently; the words are its own.

    2.1 leaves a coroutine behind that nobody awaited: it is put away, or this test would be red.
    """
    factory = create_async_session_factory(f"sqlite+aiosqlite:///{database}")
    try:
        await create_tables(factory)
        async with async_sessionmaker(factory.kw["bind"])() as session:
            task = Task(name="water the plants", priority=1, due_date=date(2028, 2, 29), done=False)
            session.add(task)
            await session.commit()
            with expect_error(MissingGreenlet) as expected:
                task.name  # noqa: B018 (reading it is what fails)
            with expect_error(IntegrityError):
                await session.execute(text("INSERT INTO tasks (id) VALUES (1)"))
    finally:
        await dispose(factory)
    own = next(each.error for each in related(expected.error) if isinstance(each.error, MissingGreenlet))
    words = str(own).partition(". ")[0]
    assert words.startswith("greenlet_spawn has not been called; can't call await_")
    wrapped = isinstance(expected.error, StatementError)
    assert capsys.readouterr().out.splitlines() == [
        f"✓ MissingGreenlet, as expected: {words}",
        *(["  It came inside StatementError: write `except StatementError`."] if wrapped else []),
        "✓ IntegrityError, as expected: (sqlite3.IntegrityError) NOT NULL constraint failed: tasks.name",
    ]


async def work() -> None:
    """Wait for a turn."""
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("module", "error", "begun", "closed"),
    [
        ("sqlalchemy.any", MissingGreenlet, False, True),
        ("sqlalchemy.any", MissingGreenlet, True, False),
        ("sqlalchemy.any", ValueError, False, False),
        ("__main__", MissingGreenlet, False, False),
    ],
)
def test_only_what_sqlalchemy_left_behind_is_put_away(
    module: str, error: type[Exception], begun: bool, closed: bool
) -> None:
    """Not a learner's coroutine, not one that runs, and none when the reason is another one."""
    coroutine = work()
    if begun:
        coroutine.send(None)
    raises = {"__name__": module}
    exec("def fail(coroutine, error):\n    raise error", raises)  # noqa: S102
    with expect_error(error):
        raises["fail"](coroutine, error)
    assert (inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED) is closed
    coroutine.close()


def test_a_forgotten_await_is_still_reported() -> None:
    """Whatever error it leads to."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with expect_error(AttributeError):
            work().scalars()
        with expect_error(UnmappedInstanceError):
            Session().add(work())
        gc.collect()
    assert [str(warning.message) for warning in seen] == ["coroutine 'work' was never awaited"] * 2


@pytest.mark.parametrize(
    ("message", "stable"),
    [
        ("no\nsecond line", "no"),
        ("First. Second.", "First"),
        ("1.5 is e.g. not a day.", "1.5 is e.g. not a day"),
        ("can't call await_() here. Was IO …? (Background on this error at: https://sqlalche.me/e/21/xd2s)",
         "can't call await_() here"),
        ("can't call await_only() here. Was IO …?", "can't call await_only() here"),
        ("is provisioning (Background on this error at: https://sqlalche.me/e/20/isce)", "is provisioning"),
        ("<Task at 0x7f1167fa9d50> is not bound", "<Task at 0x…> is not bound"),
        ("Task <Task pending name='Task-17' coro=<f() running at /tmp/ipykernel_12/345.py:3>>",
         "Task <Task pending name='Task-…' coro=<f() running at a cell:3>>"),
        ("Task <Task pending cb=[<W at 0x1>()]> got Future <Future pending> attached to a different loop",
         "Task … got Future … attached to a different loop"),
        ('too many connections for database "todo_lab_9aa75bbf"',
         'too many connections for database "todo_lab_…"'),
        ("open /srv/x/.venv/lib/y.py:12 failed", "open …/y.py failed"),
        (r"C:\Users\me\todo.db is locked", "…/todo.db is locked"),
        ("no 'sqlite+aiosqlite:////tmp/a/todo.db'", "no 'sqlite+aiosqlite:///…/todo.db'"),
        ("no file '/tmp/abc' and no /root", "no file '…' and no /root"),
        ("404 for http://127.0.0.1:40123/api/todo/1", "404 for http://127.0.0.1:…/api/todo/1"),
        ("no route /api/todo/1", "no route /api/todo/1"),
        ("x" * 200, "x" * 118 + " …"),
        ("", ""),
    ],
)  # fmt: skip
def test_stable_text(message: str, stable: str) -> None:
    """What differs from run to run is left out, and nothing else."""
    assert stable_text(ValueError(message)) == stable
