"""Whose coroutine it is that nobody awaited: the learner's, or one that SQLAlchemy left behind."""

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
from todo_lib.lab.aio.unawaited import catch_unawaited

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def session() -> AsyncIterator[AsyncSession]:
    """Give a session on a database with one task and its sub-tasks."""
    async with async_harness(lambda factory: factory) as harness:
        await fill(harness.own_factory, [2])
        async with harness.own_factory() as session:
            yield session


async def test_a_forgotten_await_is_the_learners(session: AsyncSession) -> None:
    """It is found, and the line with it."""
    with catch_unawaited() as found:
        session.get(Task, 1)
    assert [each.name for each in found] == ["AsyncSession.get"]
    assert found[0].frames[0][0] == __file__


async def test_what_a_lazy_load_leaves_is_not(session: AsyncSession) -> None:
    """Whoever swallows the error, pydantic or the learner: no `await` was forgotten."""
    task = await session.get_one(Task, 1)
    with catch_unawaited() as found, suppress(Exception):
        TaskOutput.model_validate(task)
    with catch_unawaited() as found_too, suppress(Exception):
        task.subtasks  # noqa: B018 (reading it is what goes wrong)
    assert found == found_too == []


@pytest.mark.parametrize("use", ["execute", "commit"])
async def test_what_a_synchronous_session_leaves_is_not(use: str) -> None:
    """It calls `close` of an asynchronous connection, which no `await` of the learner's would repair."""
    engine = create_async_engine("sqlite+aiosqlite://")
    with catch_unawaited() as found, suppress(AsyncContextNotStarted):
        session = sessionmaker(engine)()
        session.add(Task(name="dig"))
        session.execute(select(1)) if use == "execute" else session.commit()
    await engine.dispose()
    assert found == []


async def test_what_is_called_by_a_session_is_still_reported() -> None:
    """A listener to its events, for instance, that is an `async def`."""

    async def look(*_: object) -> None:
        """Do nothing."""

    with catch_unawaited() as found, Session(create_engine("sqlite://")) as session:
        event.listen(session, "before_commit", look)
        session.execute(select(1))
        session.commit()
    assert [each.name.rpartition(".")[2] for each in found] == ["look"]
