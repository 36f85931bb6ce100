"""The store does what the app needs."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from todo_lib.models import TaskFilter, TaskInput
from todo_lib.sync_app.database import create_session_factory, create_tables, dispose
from todo_lib.sync_app.datastore import DataStoreDb

TOMORROW = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DataStoreDb]:
    """Return a store on an empty database."""
    factory = create_session_factory(f"sqlite:///{tmp_path / 'test.db'}")
    create_tables(factory)
    with factory() as session:
        yield DataStoreDb(session)
    dispose(factory)


def a_task(name: str = "A first task", done: bool = False) -> TaskInput:
    """Return a task to save."""
    return TaskInput(name=name, priority=4, due_date=date.today() + TOMORROW, done=done)


def test_add_returns_the_saved_task(store: DataStoreDb) -> None:
    """With an id and the day it was created."""
    result = store.add(a_task())
    assert result.id > 0
    assert result.name == "A first task"
    assert result.created_at == date.today()


def test_get_returns_the_task(store: DataStoreDb) -> None:
    """The one with this id."""
    id = store.add(a_task("A second task")).id
    result = store.get(id)
    assert result is not None
    assert result.name == "A second task"


def test_get_returns_none_for_an_unknown_id(store: DataStoreDb) -> None:
    """A missing task is no error."""
    assert store.get(-1) is None


def test_all_returns_every_task(store: DataStoreDb) -> None:
    """Oldest first."""
    store.add(a_task("first"))
    store.add(a_task("second"))
    names = [task.name for task in store.all()]
    assert names == ["first", "second"]


def test_filter_leaves_out_done_tasks(store: DataStoreDb) -> None:
    """If it is asked to."""
    store.add(a_task("long done", done=True))
    store.add(a_task("still open"))
    found = store.filter(TaskFilter(include_done=False))
    assert [task.name for task in found] == ["still open"]


def test_update_changes_the_task(store: DataStoreDb) -> None:
    """For good."""
    id = store.add(a_task("original")).id
    store.update(id, a_task("changed", done=True))
    result = store.get(id)
    assert result is not None
    assert (result.name, result.done) == ("changed", True)


def test_update_refuses_an_unknown_id(store: DataStoreDb) -> None:
    """There is nothing to change."""
    with pytest.raises(ValueError, match="no task known with id '-1'"):
        store.update(-1, a_task())


def test_delete_removes_the_task(store: DataStoreDb) -> None:
    """And says that there was one."""
    id = store.add(a_task("to delete")).id
    assert store.delete(id)
    assert store.get(id) is None


def test_statistics_count_the_tasks(store: DataStoreDb) -> None:
    """All, done and open."""
    store.add(a_task("long done", done=True))
    store.add(a_task("still open"))
    store.add(a_task("also open"))
    result = store.get_statistics()
    assert (result.total_tasks, result.total_done, result.total_open) == (3, 1, 2)
