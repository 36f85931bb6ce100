"""What a client sees of the API and the pages: the same from both apps."""

# ruff: noqa: D103 (the name of a test is its sentence)

import itertools
import json
import re
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from tests.conftest import APPS, WriteRows

TOMORROW = date.today() + timedelta(days=1)
TASKS = "/api/todo/"
BIG = 2**63  # the first number that a database's integer cannot hold
SEARCHES = ("KAUF", "äpfel", "0 %", "_", "%", "nothing like it", "")


def task(name: str = "water the plants", **values: Any) -> dict[str, Any]:
    """Return the body of a good request."""
    return {"name": name, "priority": 4, "due_date": str(TOMORROW), "done": False} | values


def short(value: object) -> str:
    """Return what to call a parameter in the name of a test."""
    return repr(value)[:30]


async def create(client: httpx.AsyncClient, name: str = "water the plants", **values: Any) -> dict[str, Any]:
    """Create a task; return it as the API does."""
    answer = await client.post(TASKS, json=task(name, **values))
    assert answer.status_code == 201
    return answer.json()


async def names(client: httpx.AsyncClient, **query: Any) -> list[str]:
    """Return the names of the listed tasks."""
    answer = await client.get(TASKS, params=query)
    assert answer.status_code == 200
    return [each["name"] for each in answer.json()]


@pytest.mark.asyncio
async def test_the_root_says_what_this_is(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert (answer.status_code, answer.json()) == (200, {"message": "The minimalistic ToDo API"})


@pytest.mark.asyncio
@pytest.mark.parametrize(("path", "heading"), [("/about", "About"), ("/dashboard", "Dashboard")])
async def test_a_page_has_a_title_a_heading_and_needs_no_other_host(
    client: httpx.AsyncClient, path: str, heading: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert re.findall(r"<title>(.+)</title>", answer.text) == [f"{heading} To-Do Task API"]
    assert re.findall(r"<h1>(.+)</h1>", answer.text) == [heading]
    (style_sheet,) = re.findall(r'"stylesheet" href="([^"]+)"', answer.text)
    style = await client.get(style_sheet)
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert set(re.findall(r"//([\w.:-]+)", answer.text)) == {"test"}
    assert not re.findall(r"//\w|@import|url\(", style.text)
    for link in re.findall(r'<a href="([^"]+)"', answer.text):
        assert (await client.get(link)).status_code == 200


@pytest.mark.asyncio
async def test_the_dashboard_counts_all_open_and_done_tasks(client: httpx.AsyncClient) -> None:
    async def counts() -> list[tuple[str, str]]:
        return re.findall(r'<dd id="(\w+)">(\d+)</dd>', (await client.get("/dashboard")).text)

    assert await counts() == [("total", "0"), ("open", "0"), ("done", "0")]
    for done in (True, False, True, False, False):
        await create(client, done=done)
    assert await counts() == [("total", "5"), ("open", "3"), ("done", "2")]


@pytest.mark.asyncio
async def test_a_created_task_is_where_its_location_says(client: httpx.AsyncClient) -> None:
    answer = await client.post(TASKS, json=task("Zoë – 你好 🎉 % _"))
    created = answer.json()
    assert answer.status_code == 201
    assert created == task("Zoë – 你好 🎉 % _") | {"id": created["id"], "created_at": created["created_at"]}
    assert answer.headers["location"] == f"http://test/api/todo/{created['id']}"
    found = await client.get(answer.headers["location"])
    assert (found.status_code, found.json()) == (200, created)


@pytest.mark.asyncio
async def test_a_client_cannot_choose_id_and_creation_date_and_need_not_say_done(
    client: httpx.AsyncClient,
) -> None:
    body = task(id=77, created_at="2000-01-01")
    del body["done"]
    created = (await client.post(TASKS, json=body)).json()
    assert created["id"] == 1
    assert created["created_at"] > "2000-01-01"
    assert created["done"] is False


@pytest.mark.asyncio
async def test_put_replaces_one_task_and_keeps_id_and_creation_date(client: httpx.AsyncClient) -> None:
    first, second = await create(client, "first one"), await create(client, "second one")
    answer = await client.put(f"{TASKS}{first['id']}", json=task("changed", priority=9, done=True))
    assert answer.status_code == 200
    assert answer.json() == first | {"name": "changed", "priority": 9, "done": True}
    assert (await client.get(f"{TASKS}{first['id']}")).json() == answer.json()
    assert (await client.get(f"{TASKS}{second['id']}")).json() == second


@pytest.mark.asyncio
async def test_a_deleted_task_is_gone_and_cannot_be_deleted_again(client: httpx.AsyncClient) -> None:
    gone, stays = await create(client, "to be deleted"), await create(client, "to be kept")
    answer = await client.delete(f"{TASKS}{gone['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    again = await client.delete(f"{TASKS}{gone['id']}")
    assert (again.status_code, again.json()) == (404, {"detail": "Task not found"})
    assert await names(client) == [stays["name"]]


@pytest.mark.asyncio
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "id", [4711, 0, -1, BIG - 1, -BIG, BIG, -BIG - 1, 10**30, "9" * 5000, "one"], ids=short
)
async def test_an_id_without_a_task_is_not_found_or_refused(
    client: httpx.AsyncClient, method: str, id: int | str
) -> None:
    await create(client)
    answer = await client.request(method, f"{TASKS}{id}", json=task() if method == "PUT" else None)
    if isinstance(id, int) and -BIG <= id < BIG:
        assert (answer.status_code, answer.json()) == (404, {"detail": "Task not found"})
    else:
        assert answer.status_code == 422
        assert [each["loc"] for each in answer.json()["detail"]] == [["path", "id"]]
    assert await names(client) == ["water the plants"]


@pytest.mark.asyncio
@pytest.mark.parametrize("length", [5, 100])
@pytest.mark.parametrize("letter", ["x", "ä", "🎉", " "])
async def test_a_name_has_5_to_100_characters(client: httpx.AsyncClient, length: int, letter: str) -> None:
    assert (await create(client, letter * length))["name"] == letter * length


WRONG = {
    "name": ["xxxx", "x" * 101, "", "nul \0 inside", None, 12345],
    "priority": [0, 10, 2**70, 1.5, "high", None],
    "due_date": ["2026-02-30", "tomorrow", "", None],
    "done": ["perhaps", None],
}
WRONG_ONLY_FOR_A_NEW_TASK = [TOMORROW - timedelta(days=2), TOMORROW + timedelta(days=367), "1999-12-31"]


@pytest.mark.asyncio
@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(("field", "value"), [(field, value) for field in WRONG for value in WRONG[field]])
async def test_wrong_input_is_refused_by_the_name_of_its_field(
    client: httpx.AsyncClient, method: str, field: str, value: Any
) -> None:
    kept = await create(client)
    path = TASKS if method == "POST" else f"{TASKS}{kept['id']}"
    answer = await client.request(method, path, json=task(**{field: value}))
    assert answer.status_code == 422
    assert [each["loc"] for each in answer.json()["detail"]] == [["body", field]]
    assert (await client.get(TASKS)).json() == [kept]


@pytest.mark.asyncio
@pytest.mark.parametrize("day", WRONG_ONLY_FOR_A_NEW_TASK, ids=["yesterday", "in over a year", "long ago"])
async def test_any_due_date_will_do_for_a_task_that_exists_but_not_for_a_new_one(
    client: httpx.AsyncClient, day: object
) -> None:
    created = await create(client)
    answer = await client.post(TASKS, json=task(due_date=str(day)))
    assert answer.status_code == 422
    assert [each["loc"] for each in answer.json()["detail"]] == [["body", "due_date"]]
    for done in (False, True):
        answer = await client.put(f"{TASKS}{created['id']}", json=task(due_date=str(day), done=done))
        assert answer.status_code == 200
        assert (answer.json()["due_date"], answer.json()["done"]) == (str(day), done)


@pytest.mark.asyncio
@pytest.mark.parametrize("field", ["name", "priority", "due_date"])
async def test_a_missing_field_is_named(client: httpx.AsyncClient, field: str) -> None:
    body = task()
    del body[field]
    answer = await client.post(TASKS, json=body)
    assert answer.status_code == 422
    assert [(each["loc"], each["type"]) for each in answer.json()["detail"]] == [(["body", field], "missing")]


@pytest.mark.asyncio
@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    "body",
    [
        *("", "{", "[]", "null", '"task"', "[" * 100_000, "9" * 5000),
        pytest.param(json.dumps(task("half a pair: \ud800")), id="lone surrogate"),
        pytest.param(json.dumps(task(priority=float("nan"))), id="not a number"),
    ],
    ids=short,
)
async def test_a_body_that_is_no_task_is_refused(client: httpx.AsyncClient, method: str, body: str) -> None:
    kept = await create(client)
    path = TASKS if method == "POST" else f"{TASKS}{kept['id']}"
    headers = {"content-type": "application/json"}
    answer = await client.request(method, path, content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert (await client.get(TASKS)).json() == [kept]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("q", "nul \0 inside"),
        ("include_done", "perhaps"),
        ("due_before", "2026-02-30"),
        *(("limit", value) for value in (0, -1, 1001, BIG, "all")),
        *(("offset", value) for value in (-1, BIG, 10**30, "half")),
    ],
)
async def test_a_wrong_question_is_refused_by_the_name_of_its_field(
    client: httpx.AsyncClient, field: str, value: object
) -> None:
    answer = await client.get(TASKS, params={field: value})
    assert answer.status_code == 422
    assert [each["loc"] for each in answer.json()["detail"]] == [["query", field]]


@pytest.mark.asyncio
async def test_the_largest_limit_and_offset_are_no_error(client: httpx.AsyncClient) -> None:
    await create(client)
    assert await names(client, limit=1000) == ["water the plants"]
    assert await names(client, offset=BIG - 1, limit=1000) == []


@pytest.mark.asyncio
async def test_a_very_long_search_text_is_no_server_error(client: httpx.AsyncClient) -> None:
    await create(client)
    assert (await client.get(TASKS, params={"q": "x" * 60_000})).status_code == 422


@pytest.mark.asyncio
async def test_the_list_obeys_every_combination_of_its_conditions(
    client: httpx.AsyncClient, write_rows: WriteRows
) -> None:
    rows = [
        (id, name, id * 5 % 3 + 1, str(date(2028, 2, 28) + timedelta(days=id * 7 % 4)), id % 2 == 0)
        for id, name in enumerate(
            ["Äpfel kaufen", "birnen KAUFEN", "100 % sure", "100 percent", "snake_case", "snakeXcase",
             "ÄPFEL essen", "äpfel schälen", "kaufen", "Kaufrausch"], start=1,
        )
    ]  # fmt: skip
    columns = ("id", "name", "priority", "due_date", "done", "created_at")
    await write_rows(
        dict(zip(columns, (*start, date.fromisoformat(due), done, date(2020, 2, 29)), strict=True))
        for *start, due, done in rows
    )
    days = ("2028-02-27", "2028-02-29", "2028-03-01", "9999-12-31")
    pages = [{}, {"limit": 2}, {"offset": 3}, {"limit": 2, "offset": 1}, {"limit": 1000, "offset": 10}]
    for q, open_only, day, page in itertools.product((None, *SEARCHES), (False, True), (None, *days), pages):
        wanted = [
            name
            for id, name, priority, due, done in sorted(rows, key=lambda row: (row[3], row[2], row[0]))
            if (q or "").lower() in name.lower() and not (open_only and done) and due <= (day or due)
        ][page.get("offset", 0) :][: page.get("limit", 100)]
        query = {"q": q, "include_done": False if open_only else None, "due_before": day} | page
        query = {key: value for key, value in query.items() if value is not None}
        assert await names(client, **query) == wanted, query


def test_both_apps_document_the_same_api() -> None:
    documents = [app.openapi() for app in APPS.values()]
    assert documents[0] == documents[1]
    assert list(documents[0]["paths"]) == [TASKS, f"{TASKS}{{id}}", "/"]
