"""The store as the lesson left it: what the learner's own nine tests do not ask."""

import asyncio
from datetime import date

import pytest
import pytest_asyncio
from todo_app.database import create_async_session_factory, create_tables, dispose
from todo_app.datastore import DataStoreDb

from todo_lib.models import TaskInput


@pytest_asyncio.fixture
async def store(tmp_path):
    """Return a store on an empty database."""
    factory = create_async_session_factory(f"sqlite+aiosqlite:///{(tmp_path / 'probe.db').as_posix()}")
    await create_tables(factory)
    yield DataStoreDb(factory)
    await dispose(factory)


def a_task(number, **values):
    """Return a task to save."""
    return TaskInput(name=f"number {number}", priority=number, due_date=date(2028, 2, 29), **values)


@pytest.mark.asyncio
async def test_nine_updates_at_the_same_moment(store):
    """All succeed: each reads its task in order to change it, and says so. Later rounds find open connections."""
    saved = await store.add(a_task(9))
    for _ in range(3):
        changed = await asyncio.gather(*(store.update(saved.id, a_task(number)) for number in range(1, 10)))
        assert await store.get(saved.id) in changed


@pytest.mark.asyncio
async def test_update_replaces_what_is_left_out(store):
    """`done` is False again, if the client leaves it out."""
    saved = await store.add(a_task(1, done=True))
    assert not (await store.update(saved.id, a_task(2))).done
