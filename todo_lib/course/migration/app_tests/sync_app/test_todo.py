"""The endpoints answer as the API promises."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from todo_lib.sync_app.database import create_session_factory, create_tables, dispose
from todo_lib.sync_app.datastore import DataStoreDb
from todo_lib.sync_app.dependencies import get_db
from todo_lib.sync_app.main import app


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """Return a client of the app, whose store is on an empty database."""
    factory = create_session_factory(f"sqlite:///{tmp_path / 'test.db'}")
    create_tables(factory)

    def override_get_db() -> Iterator[DataStoreDb]:
        with factory() as session:
            yield DataStoreDb(session)

    app.dependency_overrides[get_db] = override_get_db
    yield TestClient(app)
    app.dependency_overrides.clear()
    dispose(factory)


def task_data(name: str, done: bool = False) -> dict[str, object]:
    """Return the JSON of a task, due tomorrow."""
    return {"name": name, "priority": 4, "due_date": str(date.today() + timedelta(days=1)), "done": done}


def prepare_task(client: TestClient, name: str, done: bool = False) -> int:
    """Create a task; return its id."""
    response = client.post("/api/todo/", json=task_data(name, done))
    assert response.status_code == 201
    return response.json()["id"]


def test_create_task(client: TestClient) -> None:
    """The answer holds the task, the header its address."""
    response = client.post("/api/todo/", json=task_data("A first task"))
    assert response.status_code == 201
    result = response.json()
    assert result["name"] == "A first task"
    assert result["created_at"] == str(date.today())
    assert response.headers["location"] == f"http://testserver/api/todo/{result['id']}"


def test_show_task(client: TestClient) -> None:
    """A task can be read again."""
    id = prepare_task(client, "A second task")
    response = client.get(f"/api/todo/{id}")
    assert response.status_code == 200
    assert response.json()["name"] == "A second task"


def test_show_task_where_task_is_unknown(client: TestClient) -> None:
    """An unknown id is a 404."""
    response = client.get("/api/todo/-1")
    assert response.status_code == 404
    assert response.json()["detail"] == "Task not found"


def test_update_task(client: TestClient) -> None:
    """A change is there to stay."""
    id = prepare_task(client, "original")
    response = client.put(f"/api/todo/{id}", json=task_data("An updated task"))
    assert response.status_code == 200
    check = client.get(f"/api/todo/{id}")
    assert check.json()["name"] == "An updated task"


def test_delete_task(client: TestClient) -> None:
    """What is deleted is gone."""
    id = prepare_task(client, "to delete")
    response = client.delete(f"/api/todo/{id}")
    assert response.status_code == 204
    check = client.get(f"/api/todo/{id}")
    assert check.status_code == 404


def test_show_all_tasks_that_are_not_done(client: TestClient) -> None:
    """Done tasks can be left out."""
    prepare_task(client, "a finished task", done=True)
    prepare_task(client, "an open task")
    response = client.get("/api/todo/?include_done=false")
    assert [task["name"] for task in response.json()] == ["an open task"]


def test_main_page_shows_info_message(client: TestClient) -> None:
    """The root says what this is."""
    response = client.get("/")
    assert response.json()["message"] == "The minimalistic ToDo API"


def test_dashboard(client: TestClient) -> None:
    """The dashboard counts the tasks."""
    prepare_task(client, "a finished task", done=True)
    prepare_task(client, "an open task")
    response = client.get("/dashboard")
    assert "Dashboard To-Do Task API" in response.text
    assert '<dd id="total">2</dd>' in response.text
