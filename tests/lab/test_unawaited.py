"""Whose coroutine it is that nobody awaited: the learner's, or one that SQLAlchemy left behind."""

from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

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
