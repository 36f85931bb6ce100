"""A row shows itself, and never asks the database for it."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import defer

from todo_lib.async_app.database import create_async_session_factory, create_tables, dispose
from todo_lib.course.lessons.no_hidden_io import subtasks
from todo_lib.entities import Task


@pytest.mark.asyncio
async def test_a_row_shows_what_is_loaded(tmp_path: Path) -> None:
    """New, saved, expired, with a column left out, detached: it costs no query, and no error."""
    factory = create_async_session_factory(f"sqlite+aiosqlite:///{tmp_path / 'todo.db'}")
    task = Task(name="buy bread", priority=1, due_date=date(2028, 2, 29), done=False)
    assert repr(task) == "Task(name='buy bread')"
    try:
        await create_tables(factory)
        async with factory() as session:
            session.add(task)
            await session.commit()
            assert repr(task) == "Task(id=1, name='buy bread')"
            session.expire(task)
            assert repr(task) == "Task()"
        async with factory() as session:
            part = await session.scalar(select(Task).options(defer(Task.name)))
        assert repr(part) == "Task(id=1)"
    finally:
        await dispose(factory)


def test_the_rows_of_a_lesson_too() -> None:
    """With a relationship, which would be the query of the lesson."""
    assert (
        repr([subtasks.Task(id=1, name="paint"), subtasks.Subtask(id=2)])
        == "[Task(id=1, name='paint'), Subtask(id=2)]"
    )
