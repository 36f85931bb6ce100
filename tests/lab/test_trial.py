"""A behaviour is tried on whatever an answer does; the check survives, and says what it was."""

import asyncio
import itertools
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import sleep
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from todo_lib.lab.checks import FunctionJudge, diagnosis, trial
from todo_lib.lab.checks.behaviour import require_equal
from todo_lib.lab.verdict import Verdict

pytestmark = pytest.mark.asyncio
Answer = Callable[[], Awaitable[Any]]


@pytest.fixture(autouse=True)
def _short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "TIMEOUT", 0.3)
    monkeypatch.setattr(trial, "GRACE_PERIOD", 0.1)


async def it_works(answer: Answer) -> None:
    """It returns 42."""
    require_equal("answer()", 42, await answer())


async def verdict_on(answer: Answer) -> Verdict:
    """Return what a check says of an async function that should return 42."""
    return await FunctionJudge((it_works,))("answer", answer)


async def test_what_would_end_the_check_is_its_verdict() -> None:
    """An exit, a cancellation, an error that cannot say what it is."""

    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    for error in (SystemExit(3), asyncio.CancelledError(), Mute()):

        async def raises(error: BaseException = error) -> None:
            raise error

        verdict = await verdict_on(raises)
        assert verdict.cause == "raised"
        assert f"raised: {type(error).__name__}" in repr(verdict)


async def test_who_cancels_itself_does_not_cancel_the_check() -> None:
    """Nor does a timer of the answer's own look like the check's."""

    async def cancels() -> None:
        task = asyncio.current_task()
        assert task
        task.cancel()
        await asyncio.sleep(0)

    async def is_late() -> None:
        async with asyncio.timeout(0.001):
            await asyncio.sleep(10)

    assert "raised: CancelledError" in repr(await verdict_on(cancels))
    verdict = await verdict_on(is_late)
    assert (verdict.cause, "raised: TimeoutError" in repr(verdict)) == ("raised", True)


async def test_what_hangs_is_stopped() -> None:
    """Waiting, spinning, deaf to being cancelled, or blocking the event loop itself."""

    async def waits() -> None:
        await asyncio.Event().wait()

    async def is_deaf() -> None:
        for _ in range(2):
            with suppress(BaseException):
                await asyncio.sleep(10)

    async def spins() -> None:
        for _ in itertools.repeat(None):
            await asyncio.sleep(0)

    async def computes() -> None:
        while True:
            with suppress(Exception):
                sum(range(1000))

    for answer in (waits, is_deaf, spins, computes):
        assert (await verdict_on(answer)).cause == "hangs"


async def test_slow_is_not_hanging() -> None:
    """On a busy machine everything takes long; who works goes on."""
    begun = time.monotonic()

    async def works() -> int:
        while time.monotonic() < begun + 0.6:
            await asyncio.sleep(0.02)
            sum(range(20_000))
        return 42

    assert (await verdict_on(works)).cause == ""


async def test_blocking_is_seen_however_it_is_hidden() -> None:
    """The name was bound before; the error was caught; nobody looks at what a callback raises."""

    async def by_another_name() -> int:
        sleep(0.001)  # noqa: ASYNC251
        return 42

    async def caught() -> int:
        with suppress(Exception):
            time.sleep(0.001)  # noqa: ASYNC251
        return 42

    async def in_a_callback() -> int:
        asyncio.get_running_loop().call_soon(lambda: sleep(0.001))
        await asyncio.sleep(0.01)
        return 42

    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    for answer in (by_another_name, caught, in_a_callback):
        assert (await verdict_on(answer)).cause == "blocks the event loop"
    assert sleep is time.sleep


async def test_what_may_never_end_is_not_tried_again() -> None:
    """To say whether it is right apart from that, a check would wait for ever."""
    entered: list[int] = []

    async def locks() -> int:
        entered.append(1)
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()
        return 42

    assert (await verdict_on(locks)).cause == "blocks the event loop"
    assert entered == [1]


async def test_an_engine_that_is_not_disposed_is_a_leak() -> None:
    """Whichever style it has; and nothing of it is left."""

    async def asynchronous() -> int:
        async with create_async_engine("sqlite+aiosqlite://").connect() as connection:
            return await connection.scalar(text("SELECT 42"))

    async def in_a_thread() -> int:
        def ask() -> int:
            with create_engine("sqlite://").connect() as connection:
                return connection.scalar(text("SELECT 42"))

        return await asyncio.to_thread(ask)

    async def disposed() -> int:
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.connect() as connection:
            found = await connection.scalar(text("SELECT 42"))
        await engine.dispose()
        return found

    for answer in (asynchronous, in_a_thread):
        assert (await verdict_on(answer)).cause == "engine not disposed"
    assert (await verdict_on(disposed)).cause == ""


async def test_the_learners_own_database_is_out_of_reach(tmp_path: Any) -> None:
    """An engine that was there before is refused before anything is written, even if the error is caught."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'own.db'}")

    async def write() -> int:
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE written (id INTEGER)"))
        return 42

    async def write_and_hide() -> int:
        try:
            return await write()
        except Exception:  # noqa: BLE001
            return 41

    assert (await verdict_on(write)).cause == "outside factory"
    assert (await verdict_on(write_and_hide)).cause in {"outside factory", "wrong value"}
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM sqlite_master")) == 0
    await engine.dispose()
