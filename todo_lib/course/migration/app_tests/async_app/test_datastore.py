"""The store does what the app needs."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from todo_lib.async_app.database import create_async_session_factory, create_tables, dispose
from todo_lib.async_app.datastore import DataStoreDb
from todo_lib.models import TaskFilter, TaskInput

TOMORROW = timedelta(days=1)


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[DataStoreDb]:
    """Return a store on an empty database."""
    factory = create_async_session_factory(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    await create_tables(factory)
    yield DataStoreDb(factory)
    await dispose(factory)


def a_task(name: str = "A first task", done: bool = False) -> TaskInput:
    """Return a task to save."""
    return TaskInput(name=name, priority=4, due_date=date.today() + TOMORROW, done=done)


@pytest.mark.asyncio
async def test_add_returns_the_saved_task(store: DataStoreDb) -> None:
    """With an id and the day it was created."""
    result = await store.add(a_task())
    assert result.id > 0
    assert result.name == "A first task"
    assert result.created_at == date.today()


@pytest.mark.asyncio
async def test_get_returns_the_task(store: DataStoreDb) -> None:
    """The one with this id."""
    id = (await store.add(a_task("A second task"))).id
    result = await store.get(id)
    assert result is not None
    assert result.name == "A second task"


@pytest.mark.asyncio
async def test_get_returns_none_for_an_unknown_id(store: DataStoreDb) -> None:
    """A missing task is no error."""
    assert await store.get(-1) is None


@pytest.mark.asyncio
async def test_all_returns_every_task(store: DataStoreDb) -> None:
    """Oldest first."""
    await store.add(a_task("first"))
    await store.add(a_task("second"))
    names = [task.name for task in await store.all()]
    assert names == ["first", "second"]


@pytest.mark.asyncio
async def test_filter_leaves_out_done_tasks(store: DataStoreDb) -> None:
    """If it is asked to."""
    await store.add(a_task("long done", done=True))
    await store.add(a_task("still open"))
    found = await store.filter(TaskFilter(include_done=False))
    assert [task.name for task in found] == ["still open"]


@pytest.mark.asyncio
async def test_update_changes_the_task(store: DataStoreDb) -> None:
    """For good."""
    id = (await store.add(a_task("original"))).id
    await store.update(id, a_task("changed", done=True))
    result = await store.get(id)
    assert result is not None
    assert (result.name, result.done) == ("changed", True)


@pytest.mark.asyncio
async def test_update_refuses_an_unknown_id(store: DataStoreDb) -> None:
    """There is nothing to change."""
    with pytest.raises(ValueError, match="no task known with id '-1'"):
        await store.update(-1, a_task())


@pytest.mark.asyncio
async def test_delete_removes_the_task(store: DataStoreDb) -> None:
    """And says that there was one."""
    id = (await store.add(a_task("to delete"))).id
    assert await store.delete(id)
    assert await store.get(id) is None


@pytest.mark.asyncio
async def test_statistics_count_the_tasks(store: DataStoreDb) -> None:
    """All, done and open."""
    await store.add(a_task("long done", done=True))
    await store.add(a_task("still open"))
    await store.add(a_task("also open"))
    result = await store.get_statistics()
    assert (result.total_tasks, result.total_done, result.total_open) == (3, 1, 2)
