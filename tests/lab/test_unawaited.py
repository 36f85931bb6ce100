"""Whose coroutine it is that nobody awaited: the learner's, or one that SQLAlchemy left behind."""

import asyncio
import logging
import sys
import warnings
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, event, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.ext.asyncio.exc import AsyncContextNotStarted
from sqlalchemy.orm import Session, sessionmaker

from todo_lib.course.contract.harness import async_harness
from todo_lib.course.lessons.no_hidden_io.subtasks import Task, TaskOutput, fill
from todo_lib.lab.aio.unawaited import OURS, catch_unawaited


@pytest_asyncio.fixture
async def session() -> AsyncIterator[AsyncSession]:
    """Give a session on a database with one task and its sub-tasks."""
    async with async_harness(lambda factory: factory) as harness:
        await fill(harness.own_factory, [2])
        async with harness.own_factory() as session:
            yield session


@pytest.mark.asyncio
async def test_a_forgotten_await_is_the_learners(session: AsyncSession) -> None:
    """It is found, and the line with it."""
    with catch_unawaited() as found:
        session.get(Task, 1)
    assert [each.name for each in found] == ["AsyncSession.get"]
    assert found[0].frames[0][0] == __file__


@pytest.mark.asyncio
async def test_what_a_lazy_load_leaves_is_not(session: AsyncSession) -> None:
    """Whoever swallows the error, pydantic or the learner: no `await` was forgotten."""
    task = await session.get_one(Task, 1)
    with catch_unawaited() as found, suppress(Exception):
        TaskOutput.model_validate(task)
    with catch_unawaited() as found_too, suppress(Exception):
        task.subtasks  # noqa: B018 (reading it is what goes wrong)
    assert found == found_too == []


@pytest.mark.asyncio
async def test_whoever_records_warnings_records_them() -> None:
    """A block that listens for us takes nothing from a block that listens for the learner."""
    with catch_unawaited() as found, warnings.catch_warnings(record=True) as recorded:
        warnings.simplefilter("always")
        asyncio.sleep(0)
    assert [each.name for each in found] == ["sleep"]
    assert [(str(each.message), each.filename) for each in recorded] == [
        ("coroutine 'sleep' was never awaited", __file__)
    ]


@pytest.mark.parametrize("action", ["ignore", "error", "once"])
@pytest.mark.asyncio
async def test_no_filter_silences_them(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor does one turn them into something else."""
    with catch_unawaited() as found:
        warnings.simplefilter(action)
        asyncio.sleep(0)
        asyncio.sleep(0)
    assert len(found) == 2
    assert capsys.readouterr() == ("", "")


@pytest.mark.asyncio
async def test_logging_of_warnings_does_not_silence_them(caplog: pytest.LogCaptureFixture) -> None:
    """The log has them, too: that is what was asked for."""
    with catch_unawaited() as found:
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        asyncio.sleep(0)
        logging.captureWarnings(False)
    assert len(found) == len(caplog.records) == 1


def test_blocks_that_overlap_leave_python_as_it_was() -> None:
    """Two checks at once end in any order."""
    before = warnings._warn_unawaited_coroutine, sys.get_coroutine_origin_tracking_depth()
    one, other = catch_unawaited(), catch_unawaited()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    other.__exit__(None, None, None)
    assert (warnings._warn_unawaited_coroutine, sys.get_coroutine_origin_tracking_depth()) == before
    assert getattr(warnings.showwarning, OURS, True)  # or whoever comes next would take it for a recorder


@pytest.mark.parametrize("use", ["execute", "commit"])
@pytest.mark.asyncio
async def test_what_a_synchronous_session_leaves_is_not(use: str) -> None:
    """It calls `close` of an asynchronous connection, which no `await` of the learner's would repair."""
    engine = create_async_engine("sqlite+aiosqlite://")
    with catch_unawaited() as found, suppress(AsyncContextNotStarted):
        session = sessionmaker(engine)()
        session.add(Task(name="dig"))
        session.execute(select(1)) if use == "execute" else session.commit()
    await engine.dispose()
    assert found == []


@pytest.mark.asyncio
async def test_what_is_called_by_a_session_is_still_reported() -> None:
    """A listener to its events, for instance, that is an `async def`."""

    async def look(*_: object) -> None:
        """Do nothing."""

    with catch_unawaited() as found, Session(create_engine("sqlite://")) as session:
        event.listen(session, "before_commit", look)
        session.execute(select(1))
        session.commit()
    assert [each.name.rpartition(".")[2] for each in found] == ["look"]
