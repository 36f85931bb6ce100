"""The asynchronous app on PostgreSQL, with each driver: the contract, the endpoints, many clients at once."""

# ruff: noqa: D103 (the name of a test is its sentence)

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import make_url

from tests.app import test_endpoints as endpoints
from tests.lab.provoke.sandbox import new_loop
from todo_lib.async_app.database import create_async_session_factory, dispose
from todo_lib.async_app.datastore import DataStoreDb
from todo_lib.course import contract
from todo_lib.course.contract.harness import async_harness, empty
from todo_lib.entities import Base
from todo_lib.lab.checks.behaviour import Behaviour
from todo_lib.lab.db.postgres import DRIVERS, database

MANY = 50  # more than an engine's pool has connections

# The tests of `test_endpoints.py` in which the database has a say, run
# here once more with the fixtures below.
(
    test_the_dashboard_counts,
    test_a_created_task,
    test_a_client_cannot_choose,
    test_put,
    test_delete,
    test_an_id_without_a_task,
    test_the_length_of_a_name,
    test_any_due_date,
    test_the_largest_limit_and_offset,
    test_the_list,
) = (
    endpoints.test_the_dashboard_counts_all_open_and_done_tasks,
    endpoints.test_a_created_task_is_where_its_location_says,
    endpoints.test_a_client_cannot_choose_id_and_creation_date_and_need_not_say_done,
    endpoints.test_put_replaces_one_task_and_keeps_id_and_creation_date,
    endpoints.test_a_deleted_task_is_gone_and_cannot_be_deleted_again,
    endpoints.test_an_id_without_a_task_is_not_found_or_refused,
    endpoints.test_a_name_has_5_to_100_characters,
    endpoints.test_any_due_date_will_do_for_a_task_that_exists_but_not_for_a_new_one,
    endpoints.test_the_largest_limit_and_offset_are_no_error,
    endpoints.test_the_list_obeys_every_combination_of_its_conditions,
)


@pytest.fixture(scope="module", params=DRIVERS)
def address(request: pytest.FixtureRequest, postgres_server: str) -> Iterator[str]:
    """Make one database for each driver, for all tests of this module."""
    made = database(request.param, postgres_server)
    with new_loop() as loop:
        yield loop.run(made.__aenter__())
        loop.run(made.__aexit__(None, None, None))


@pytest.fixture
def style() -> str:
    """Run a test with the asynchronous app only."""
    return "async"


@pytest_asyncio.fixture
async def url(address: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Point the app at the database, without tables, as it finds it at its first start."""
    factory = create_async_session_factory(address)
    try:
        await empty(factory, Base.metadata)
    finally:
        await dispose(factory)
    monkeypatch.setenv("TODO_DATABASE_URL", address)
    return address


@pytest.mark.asyncio
@pytest.mark.parametrize("behaviour", contract.BEHAVIOURS, ids=lambda behaviour: behaviour.__name__)
async def test_the_store_keeps_the_promise(behaviour: Behaviour, address: str) -> None:
    async with async_harness(DataStoreDb, address) as harness:
        assert harness.own_factory.kw["bind"].url == make_url(address)
        await behaviour(harness)


@pytest.mark.asyncio
async def test_many_clients_at_once_get_a_task_each(client: httpx.AsyncClient) -> None:
    created = await asyncio.gather(*(endpoints.create(client, f"number {n}") for n in range(MANY)))
    assert len({task["id"] for task in created}) == MANY
    assert sorted(await endpoints.names(client)) == sorted(f"number {n}" for n in range(MANY))


@pytest.mark.asyncio
async def test_many_changes_of_one_task_do_not_mix(client: httpx.AsyncClient) -> None:
    path = f"{endpoints.TASKS}{(await endpoints.create(client))['id']}"
    bodies = [endpoints.task(f"number {n}", priority=n % 9 + 1, done=n % 2 == 0) for n in range(MANY)]
    answers = await asyncio.gather(*(client.put(path, json=body) for body in bodies))
    assert {answer.status_code for answer in answers} == {200}
    assert (await client.get(path)).json() in [answer.json() for answer in answers]


@pytest.mark.asyncio
async def test_of_many_who_delete_one_task_one_succeeds(client: httpx.AsyncClient) -> None:
    path = f"{endpoints.TASKS}{(await endpoints.create(client))['id']}"
    answers = await asyncio.gather(*(client.delete(path) for _ in range(MANY)))
    assert sorted(answer.status_code for answer in answers) == [204] + [404] * (MANY - 1)


@pytest.mark.asyncio
@pytest.mark.usefixtures("url")
async def test_a_second_start_keeps_the_tasks() -> None:
    app = endpoints.APPS["async"]
    for there in ([], ["still there"]):
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            assert await endpoints.names(client) == there
            await endpoints.create(client, "still there")
