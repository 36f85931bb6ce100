"""The endpoints answer as the API promises."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient

from todo_lib.async_app.database import create_async_session_factory, create_tables, dispose
from todo_lib.async_app.datastore import DataStoreDb
from todo_lib.async_app.dependencies import get_db
from todo_lib.async_app.main import app


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsyncClient]:
    """Return a client of the app, whose store is on an empty database."""
    factory = create_async_session_factory(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    await create_tables(factory)

    async def override_get_db() -> DataStoreDb:
        return DataStoreDb(factory)

    app.dependency_overrides[get_db] = override_get_db
    async with AsyncClient(transport=ASGITransport(app), base_url="http://testserver") as client:
        yield client
    app.dependency_overrides.clear()
    await dispose(factory)


def task_data(name: str, done: bool = False) -> dict[str, object]:
    """Return the JSON of a task, due tomorrow."""
    return {"name": name, "priority": 4, "due_date": str(date.today() + timedelta(days=1)), "done": done}


async def prepare_task(client: AsyncClient, name: str, done: bool = False) -> int:
    """Create a task; return its id."""
    response = await client.post("/api/todo/", json=task_data(name, done))
    assert response.status_code == 201
    return response.json()["id"]


@pytest.mark.asyncio
async def test_create_task(client: AsyncClient) -> None:
    """The answer holds the task, the header its address."""
    response = await client.post("/api/todo/", json=task_data("A first task"))
    assert response.status_code == 201
    result = response.json()
    assert result["name"] == "A first task"
    assert result["created_at"] == str(date.today())
    assert response.headers["location"] == f"http://testserver/api/todo/{result['id']}"


@pytest.mark.asyncio
async def test_show_task(client: AsyncClient) -> None:
    """A task can be read again."""
    id = await prepare_task(client, "A second task")
    response = await client.get(f"/api/todo/{id}")
    assert response.status_code == 200
    assert response.json()["name"] == "A second task"


@pytest.mark.asyncio
async def test_show_task_where_task_is_unknown(client: AsyncClient) -> None:
    """An unknown id is a 404."""
    response = await client.get("/api/todo/-1")
    assert response.status_code == 404
    assert response.json()["detail"] == "Task not found"


@pytest.mark.asyncio
async def test_update_task(client: AsyncClient) -> None:
    """A change is there to stay."""
    id = await prepare_task(client, "original")
    response = await client.put(f"/api/todo/{id}", json=task_data("An updated task"))
    assert response.status_code == 200
    check = await client.get(f"/api/todo/{id}")
    assert check.json()["name"] == "An updated task"


@pytest.mark.asyncio
async def test_delete_task(client: AsyncClient) -> None:
    """What is deleted is gone."""
    id = await prepare_task(client, "to delete")
    response = await client.delete(f"/api/todo/{id}")
    assert response.status_code == 204
    check = await client.get(f"/api/todo/{id}")
    assert check.status_code == 404


@pytest.mark.asyncio
async def test_show_all_tasks_that_are_not_done(client: AsyncClient) -> None:
    """Done tasks can be left out."""
    await prepare_task(client, "a finished task", done=True)
    await prepare_task(client, "an open task")
    response = await client.get("/api/todo/?include_done=false")
    assert [task["name"] for task in response.json()] == ["an open task"]


@pytest.mark.asyncio
async def test_main_page_shows_info_message(client: AsyncClient) -> None:
    """The root says what this is."""
    response = await client.get("/")
    assert response.json()["message"] == "The minimalistic ToDo API"


@pytest.mark.asyncio
async def test_dashboard(client: AsyncClient) -> None:
    """The dashboard counts the tasks."""
    await prepare_task(client, "a finished task", done=True)
    await prepare_task(client, "an open task")
    response = await client.get("/dashboard")
    assert "Dashboard To-Do Task API" in response.text
    assert '<dd id="total">2</dd>' in response.text
