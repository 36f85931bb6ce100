"""What the API promises, whatever the endpoints look like inside."""

import asyncio
import time

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from .conftest import TASK, in_days, running

pytestmark = pytest.mark.asyncio
UNKNOWN = (404, {"detail": "Task not found"})


async def created(client, **values):
    """Create a task; return what the answer says of it."""
    response = await client.post("/api/todo/", json=TASK | values)
    assert response.status_code == 201, f"POST answers {response.status_code}"
    return response.json()


def answer(response):
    """Return its status and what it says."""
    return response.status_code, response.json()


async def test_a_new_task_is_answered_with_all_its_fields(client):
    """And the header says where it is."""
    response = await client.post("/api/todo/", json=TASK | {"done": True})
    saved = {**TASK, "done": True, "id": 1, "created_at": in_days(0)}
    assert answer(response) == (201, saved)
    assert response.headers.get("location") == "http://test/api/todo/1"
    assert answer(await client.get("/api/todo/1")) == (200, saved)


async def test_an_update_replaces_all_fields(client):
    """Of this task only; and an overdue task can be changed, too."""
    first, second = await created(client, done=True), await created(client, name="water plants")
    changed = {"name": "buy milk", "priority": 9, "due_date": in_days(-3)}
    expected = {**first, **changed, "done": False}
    assert answer(await client.put("/api/todo/1", json=changed)) == (200, expected)
    assert answer(await client.get("/api/todo/1")) == (200, expected)
    assert answer(await client.get("/api/todo/2")) == (200, second)


async def test_a_delete_takes_one_task_away(client):
    """The answer is empty, and the other task stays."""
    await created(client)
    second = await created(client, name="water plants")
    response = await client.delete("/api/todo/1")
    assert (response.status_code, response.content) == (204, b"")
    assert answer(await client.get("/api/todo/1")) == UNKNOWN
    assert answer(await client.get("/api/todo/")) == (200, [second])


async def test_an_unknown_task_is_a_404(client):
    """Whoever reads it, changes it or deletes it."""
    for method, values in (("GET", {}), ("PUT", {"json": TASK}), ("DELETE", {})):
        response = await client.request(method, "/api/todo/99", **values)
        assert response.status_code == 404, f"{method} of an unknown task"
        assert answer(response) == UNKNOWN, f"{method} of an unknown task"


async def test_the_list_can_be_narrowed(client):
    """By each field of the query; the next one due comes first."""
    await created(client, name="buy milk", due_date=in_days(3), done=True)
    await created(client, name="water plants", due_date=in_days(2))
    await created(client, name="buy bread", due_date=in_days(1))
    for query, expected in (
        ({}, ["buy bread", "water plants", "buy milk"]),
        ({"q": "BUY"}, ["buy bread", "buy milk"]),
        ({"include_done": False}, ["buy bread", "water plants"]),
        ({"due_before": in_days(2)}, ["buy bread", "water plants"]),
        ({"limit": 2}, ["buy bread", "water plants"]),
        ({"limit": 1, "offset": 1}, ["water plants"]),
    ):
        response = await client.get("/api/todo/", params=query)
        assert response.status_code == 200
        assert [task["name"] for task in response.json()] == expected, f"GET /api/todo/ with {query}"


async def test_what_is_not_allowed_is_refused(client):
    """With 422, before the database is asked."""
    await created(client)
    for method, path, values in (
        ("POST", "/api/todo/", {"json": TASK | {"name": "buy"}}),
        ("POST", "/api/todo/", {"json": TASK | {"due_date": in_days(-1)}}),
        ("POST", "/api/todo/", {"content": '{"name": "buy bread", "priority": NaN}'}),
        ("PUT", "/api/todo/1", {"json": TASK | {"priority": 10}}),
        ("GET", "/api/todo/", {"params": {"limit": 0}}),
        ("GET", f"/api/todo/{2**63}", {}),
        ("DELETE", "/api/todo/one", {}),
    ):
        response = await client.request(method, path, **values)
        assert response.status_code == 422, f"{method} {path} with {values}"


async def test_the_pages_are_there(client):
    """The main one, the one about the application, and what they need."""
    assert answer(await client.get("/")) == (200, {"message": "The minimalistic ToDo API"})
    assert "text/html" in (await client.get("/about")).headers["content-type"]
    assert (await client.get("/static/todo.css")).status_code == 200


async def test_the_answer_comes_after_the_work(observed):
    """Whoever reads the answer finds the row, or finds it gone, with any other program."""
    async with running(observed) as client:
        await created(client)
        assert observed.rows == [("buy bread", 0)], "the rows when the answer to POST begins"
        await client.put("/api/todo/1", json=TASK | {"name": "buy milk", "done": True})
        assert observed.rows == [("buy milk", 1)], "the rows when the answer to PUT begins"
        await client.delete("/api/todo/1")
        assert observed.rows == [], "the rows when the answer to DELETE begins"


async def every_request(client):
    """Send one request to each endpoint, one after the other, and give each answer."""
    yield await client.post("/api/todo/", json=TASK)
    yield await client.get("/api/todo/")
    yield await client.get("/api/todo/1")
    yield await client.put("/api/todo/1", json=TASK)
    yield await client.get("/dashboard")
    yield await client.delete("/api/todo/1")


async def test_connections_are_given_back(observed):
    """When the answer begins: a slow client must not keep one."""
    async with running(observed) as client:
        async for response in every_request(client):
            assert observed.at_start == 0, f"connections in use when {response.request.method} is answered"


async def test_each_request_has_sessions_of_its_own(client):
    """A session is for one task at a time: shared, it breaks as soon as two clients come together."""
    used = []
    note = lambda session, *_: used.append(session)
    event.listen(Session, "after_begin", note)
    try:
        seen = set()
        async for response in every_request(client):
            now = {id(session) for session in used}  # `used` keeps them alive: no id comes twice
            assert len(now) > len(seen), f"sessions that are new for {response.request.method}"
            seen = now
    finally:
        event.remove(Session, "after_begin", note)


async def test_nothing_stops_the_event_loop(database, blocked, monkeypatch):
    """Not the start, not a dependency, not an endpoint; and no second loop works in a thread."""
    loops, make = [], asyncio.BaseEventLoop.__init__

    def noted(loop):
        loops.append(loop)
        make(loop)

    monkeypatch.setattr(asyncio.BaseEventLoop, "__init__", noted)
    async with running() as client:
        async for response in every_request(client):
            method = response.request.method
            assert not blocked, f"the event loop was stopped by {blocked[0]} in {method}"
            assert not loops, f"another event loop was started in {method}"
        start = time.thread_time()  # of this thread only: others may be busy
        async for response in every_request(client):
            assert time.thread_time() - start < 0.1, f"{response.request.method} computes for more than 0.1 s"
            start = time.thread_time()
    assert not blocked, f"the event loop was stopped by {blocked[0]}"


async def test_a_second_start_finds_the_tasks(database):
    """What was saved before the application stopped."""
    async with running() as client:
        saved = await created(client)
    async with running() as client:
        assert answer(await client.get("/api/todo/")) == (200, [saved]), "after a second start"


async def test_a_start_with_another_database_finds_others(database, tmp_path, monkeypatch):
    """Nothing of the first start is kept."""
    async with running() as client:
        await created(client)
    monkeypatch.setenv("TODO_DATABASE_URL", f"sqlite+aiosqlite:///{(tmp_path / 'other.db').as_posix()}")
    async with running() as client:
        assert answer(await client.get("/api/todo/")) == (200, []), "after a start with an empty database"
