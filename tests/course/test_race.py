"""The race counts what it says. No test here knows a duration, only which of two is longer."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from sqlalchemy import create_engine, func, select

from todo_lib.course.lessons.was_it_worth_it.race import Race, Waits, race

pytestmark = pytest.mark.asyncio
asked: list[str] = []


@pytest.fixture
def app() -> FastAPI:
    """Give an application with a quick path, one that waits, one that blocks, one that fails."""
    asked.clear()
    app = FastAPI()

    @app.get("/quick")
    async def quick() -> None:
        asked.append("/quick")

    @app.get("/waits")
    async def waits() -> None:
        asked.append("/waits")
        await asyncio.sleep(0.05)

    @app.get("/blocks")
    async def blocks() -> None:
        time.sleep(0.05)  # noqa: ASYNC251

    @app.get("/fails")
    async def fails() -> None:
        raise HTTPException(500)

    return app


async def test_each_caller_sends_its_requests(app: FastAPI) -> None:
    """As many as asked for, and in each round the paths take turns."""
    found = await race(app, callers=(1, 3), paths=("/quick", "/waits"), calls=2, rounds=2)
    assert asked.count("/quick") == asked.count("/waits") == (1 + 3) * 2 * 2
    assert asked[:8] == ["/quick", "/quick", "/waits", "/waits"] * 2
    assert found.paths == ["/quick", "/waits"]
    assert found.callers == [1, 3]


async def test_callers_wait_at_the_same_time(app: FastAPI) -> None:
    """A path that waits takes as long for ten as for one; a path that blocks does not."""
    found = await race(app, callers=(1, 10), paths=("/waits", "/blocks"), rounds=2)
    assert found["/waits", 10] < 4 * found["/waits", 1]
    assert found["/blocks", 10] > 8 * found["/blocks", 1]
    assert found.per_second("/waits", 10) == 10 / found["/waits", 10]


async def test_an_error_is_no_answer(app: FastAPI) -> None:
    """An endpoint that fails would look like a fast one."""
    with pytest.raises(ExceptionGroup) as caught:
        await race(app, callers=(2,), paths=("/fails",))
    assert caught.group_contains(httpx.HTTPStatusError)


async def test_it_shows_a_table_and_draws_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """The picture's words are the table that stands below it."""
    shown = []
    monkeypatch.setattr(
        "todo_lib.course.lessons.was_it_worth_it.race.display",
        lambda data, **options: shown.append((data, options)),
    )
    result = Race({("/def", 1): 0.5, ("/def", 10): 1.0, ("/async", 1): 0.25, ("/async", 10): 0.5}, calls=2)
    assert repr(result).splitlines() == ["callers  /def  /async", "1        4     8", "10       20    40"]
    result.draw()
    [(data, options)] = shown
    assert capsys.readouterr().out.strip() == data["text/plain"] == f"requests per second\n{result!r}"
    assert data["image/png"]
    assert "10       20    40" in options["metadata"]["image/png"]["alt"]


@pytest.mark.parametrize("together", [1, 3])
async def test_waits_are_counted(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The most at the same time, whoever waits, and from the connections that open after `teach`."""
    all_there = threading.Barrier(together)
    monkeypatch.setattr("time.sleep", lambda seconds: all_there.wait(60))
    waits, engine = Waits(), create_engine("sqlite:///:memory:")
    waits.teach(engine)
    engines: list[Callable[[], object]] = []

    def sleep() -> None:
        with engine.connect() as connection:
            connection.execute(select(func.sleep(0.1)))

    engines += [sleep] * together
    await asyncio.gather(*(asyncio.to_thread(each) for each in engines))
    assert waits.most == together
    engine.dispose()


async def test_only_what_was_taught_can_sleep() -> None:
    """Another connection has no such function."""
    with pytest.raises(sqlite3.OperationalError, match="no such function"):
        sqlite3.connect(":memory:").execute("SELECT sleep(1)")
