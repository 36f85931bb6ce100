"""The server's day: which due dates a new task may have, at midnight, in leap years and in any time zone.

The clock is moved after the app has started, so a limit computed when a file is imported would be noticed.
"""

# ruff: noqa: D103 (the name of a test is its sentence)

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
import time_machine

from todo_lib.models import one_year_after

UTC, FIRST_TO_SEE_A_DAY, LAST_TO_SEE_A_DAY = "UTC", "Pacific/Kiritimati", "Pacific/Honolulu"
DAY = timedelta(days=1)

# zone, local time, the last due date that is accepted
MOMENTS = [
    (UTC, "2026-11-23T00:00:00", "2027-11-23"),
    (UTC, "2026-11-23T23:59:59", "2027-11-23"),
    (UTC, "2026-12-31T23:59:59", "2027-12-31"),
    (UTC, "2027-01-01T00:00:00", "2028-01-01"),
    (UTC, "2027-02-28T12:00:00", "2028-02-28"),
    (UTC, "2027-03-01T00:00:00", "2028-03-01"),
    (UTC, "2028-02-28T23:59:59", "2029-02-28"),
    (UTC, "2028-02-29T00:00:00", "2029-02-28"),
    (UTC, "2028-02-29T23:59:59", "2029-02-28"),
    (UTC, "2028-03-01T00:00:00", "2029-03-01"),
    (FIRST_TO_SEE_A_DAY, "2026-11-23T00:00:00", "2027-11-23"),
    (FIRST_TO_SEE_A_DAY, "2027-01-01T13:59:59", "2028-01-01"),
    (FIRST_TO_SEE_A_DAY, "2028-02-29T00:30:00", "2029-02-28"),
    (LAST_TO_SEE_A_DAY, "2026-11-23T23:59:59", "2027-11-23"),
    (LAST_TO_SEE_A_DAY, "2026-12-31T14:00:00", "2027-12-31"),
    (LAST_TO_SEE_A_DAY, "2028-02-29T23:30:00", "2029-02-28"),
]


def stop_the_clock(zone: str, local_time: str) -> time_machine.travel:
    """Make it this time in this time zone, and let no second pass."""
    return time_machine.travel(datetime.fromisoformat(local_time).replace(tzinfo=ZoneInfo(zone)), tick=False)


async def create(client: httpx.AsyncClient, due_date: date) -> httpx.Response:
    """Try to create a task that is due on this day."""
    return await client.post("/api/todo/", json={"name": "tidy up", "priority": 1, "due_date": str(due_date)})


@pytest.mark.asyncio
@pytest.mark.parametrize(("zone", "local_time", "last_day"), MOMENTS)
async def test_a_new_task_is_due_between_today_and_one_year_ahead(
    client: httpx.AsyncClient, zone: str, local_time: str, last_day: str
) -> None:
    today, last = date.fromisoformat(local_time[:10]), date.fromisoformat(last_day)
    with stop_the_clock(zone, local_time):
        answers = {day: await create(client, day) for day in (today - DAY, today, last, last + DAY)}
    assert [each.status_code for each in answers.values()] == [422, 201, 201, 422]
    assert answers[today].json()["created_at"] == str(today)
    assert answers[last].json()["created_at"] == str(today)


@pytest.mark.asyncio
@pytest.mark.parametrize("zone", [UTC, FIRST_TO_SEE_A_DAY, LAST_TO_SEE_A_DAY])
@pytest.mark.parametrize("evening", ["2026-12-31T23:59:59", "2028-02-28T23:59:59", "2028-02-29T23:59:59"])
async def test_at_midnight_a_running_app_goes_on_to_the_next_day(
    client: httpx.AsyncClient, zone: str, evening: str
) -> None:
    day = date.fromisoformat(evening[:10])
    with stop_the_clock(zone, evening) as clock:
        before = await create(client, day)
        clock.shift(1)
        after = await create(client, day)
        next_day = await create(client, day + DAY)
    assert [before.status_code, after.status_code, next_day.status_code] == [201, 422, 201]
    assert [each.json()["created_at"] for each in (before, next_day)] == [str(day), str(day + DAY)]


@pytest.mark.asyncio
async def test_a_task_that_became_overdue_can_be_edited_and_done(client: httpx.AsyncClient) -> None:
    with stop_the_clock(UTC, "2026-11-23T12:00:00") as clock:
        task = (await create(client, date(2026, 11, 23))).json()
        clock.shift(3 * DAY)
        answer = await client.put(f"/api/todo/{task['id']}", json=task | {"name": "at last", "done": True})
    assert answer.status_code == 200
    assert answer.json() == task | {"name": "at last", "done": True}
    assert answer.json()["created_at"] == "2026-11-23"


@pytest.mark.asyncio
async def test_one_instant_is_a_different_today_in_different_time_zones(client: httpx.AsyncClient) -> None:
    instant = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo(UTC))
    created = []
    for zone in (FIRST_TO_SEE_A_DAY, UTC, LAST_TO_SEE_A_DAY):
        with time_machine.travel(instant.astimezone(ZoneInfo(zone)), tick=False):
            created.append((await create(client, date(2026, 11, 23))).json()["created_at"])
    assert created == ["2026-11-23", "2026-11-23", "2026-11-22"]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2027-02-28", "2028-02-28"),
        ("2028-02-28", "2029-02-28"),
        ("2028-02-29", "2029-02-28"),
        ("2028-03-01", "2029-03-01"),
        ("2026-12-31", "2027-12-31"),
    ],
)
def test_one_year_after_a_day_is_the_same_day_or_28_february(day: str, expected: str) -> None:
    assert one_year_after(date.fromisoformat(day)) == date.fromisoformat(expected)
