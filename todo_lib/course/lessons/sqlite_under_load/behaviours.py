"""What this lesson asks of its answers: behaviours that call an answer while others use the database."""

import asyncio
import random
from typing import Any

from sqlalchemy import func, literal, select, text, update
from sqlalchemy.exc import OperationalError

from todo_lib.course.lessons.sqlite_under_load.harness import AnswerUnderLoad, Sessions
from todo_lib.entities import Task
from todo_lib.lab.checks.behaviour import BrokenPromise, Words, fails_as, require_equal
from todo_lib.lab.checks.patience import all_done

LOCKED = "database is locked"

# -- prepare ---------------------------------------------------------------------------------------------


async def saves(subject: AnswerUnderLoad) -> None:
    """What a session commits is saved."""
    await _add_one(subject.sessions)
    require_equal("0 plus 1, committed", 1, await _priority(subject))


async def rolls_back(subject: AnswerUnderLoad) -> None:
    """What a session rolls back is not saved, even if it was sent to the database."""
    async with subject.sessions() as session:
        (await session.get_one(Task, 1)).priority = 7
        await session.flush()
        await session.rollback()
    require_equal("0 changed to 7, then rolled back", 0, await _priority(subject))


async def waits(subject: AnswerUnderLoad) -> None:
    """A writer waits while another one writes: for a third of a second, and longer if need be."""
    async with subject.harness.own_factory.begin() as other:
        await other.execute(update(Task).values(priority=10))
        writer = asyncio.create_task(_plus_one_in_sql(subject.sessions))
        await asyncio.wait({writer}, timeout=0.35)
    await _unlocked(
        "a write, while another writer has the lock for 0.35 s", "it waits, then it writes", writer
    )
    require_equal("10 written by the one, then plus 1 by the other", 11, await _priority(subject))


async def keeps_others_out(subject: AnswerUnderLoad) -> None:
    """Between the first read of a transaction and its commit, no other writer comes in."""
    tried = "A reads, B adds 1 and commits if it can, A adds 1 and commits"
    async with subject.sessions() as session:
        first = await session.get_one(Task, 1, with_for_update=True)
        other = asyncio.create_task(_add_one(subject.sessions))
        await asyncio.wait({other}, timeout=0.1)
        first.priority += 1
        commit = asyncio.create_task(session.commit())
        await asyncio.wait({commit})
        if commit.exception():
            await session.rollback()
    await asyncio.wait({other})
    for each, who in ((commit, "A"), (other, "B")):
        await _unlocked(tried, f"{who} adds its 1", each)
    require_equal(f"{tried}; the sum", 2, await _priority(subject))


async def loses_nothing(subject: AnswerUnderLoad) -> None:
    """Forty tasks add one at the same moment: none fails, none is lost."""
    adding = [asyncio.create_task(_add_one(subject.sessions)) for _ in range(40)]
    await asyncio.wait(adding)
    for each in adding:
        await _unlocked("forty times plus 1 at the same moment", "all of them succeed", each)
    require_equal("forty times plus 1 at the same moment; the sum", 40, await _priority(subject))


async def _add_one(sessions: Sessions) -> None:
    async with sessions() as session:
        (await session.get_one(Task, 1, with_for_update=True)).priority += 1
        await session.commit()


async def _plus_one_in_sql(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(update(Task).values(priority=Task.priority + 1))


async def _priority(subject: AnswerUnderLoad) -> int | None:
    async with subject.harness.own_factory() as session:
        return await session.scalar(select(Task.priority).where(Task.id == 1))


async def _unlocked(tried: str, expected: str, writing: asyncio.Task[None]) -> None:
    """Wait for a writer; raise `BrokenPromise` if the database was locked for it."""
    try:
        await writing
    except OperationalError as error:
        if LOCKED not in str(error):
            raise
        name = getattr(error.orig, "sqlite_errorname", "")
        raise BrokenPromise(tried, Words(expected), Words(f"{LOCKED} ({name})")) from error


# -- remind ----------------------------------------------------------------------------------------------


async def sends_and_marks(subject: AnswerUnderLoad) -> None:
    """It awaits `send(name)` once, then this task is done, and no other."""
    names: list[str] = []

    async def send(name: str) -> None:
        await asyncio.sleep(0.05)
        done = (await subject.harness.stored())[2].done
        names.append(f"{name}, which was done already" if done else name)

    wanted = (await subject.harness.stored())[2].name
    await subject.answer(subject.sessions, 2, send)
    require_equal("remind(factory, 2, send); what was sent", [wanted], names)
    done = {id: task.done for id, task in (await subject.harness.stored()).items()}
    require_equal("remind(factory, 2, send); which tasks are done", {1: False, 2: True}, done)


@fails_as("connection kept")
async def holds_nothing(subject: AnswerUnderLoad) -> None:
    """While `send` waits, it has given its connection back."""
    held: list[int] = []

    async def send(name: str) -> None:
        await asyncio.sleep(0.01)
        held.append(subject.harness.checked_out())

    await subject.answer(subject.sessions, 2, send)
    require_equal("remind(…); connections held while `send` waits", [0], held)


async def keeps_changes(subject: AnswerUnderLoad) -> None:
    """What somebody else changes while `send` waits stays changed."""

    async def send(name: str) -> None:
        async with subject.harness.own_factory.begin() as session:
            await session.execute(update(Task).where(Task.id == 2).values(name="a new name", priority=9))

    await subject.answer(subject.sessions, 2, send)
    found = (await subject.harness.stored())[2]
    seen = {"name": found.name, "priority": found.priority, "done": found.done}
    wanted = {"name": "a new name", "priority": 9, "done": True}
    require_equal("remind(…), and `send` takes so long that somebody edits the task", wanted, seen)


async def stays_open_on_failure(subject: AnswerUnderLoad) -> None:
    """If `send` fails, its error is raised, and the task is not done."""

    async def send(name: str) -> None:
        raise ConnectionError("no mail today")

    try:
        seen = await subject.answer(subject.sessions, 2, send)
    except ConnectionError:
        pass
    else:
        raise BrokenPromise("remind(…), and `send` fails", Words("ConnectionError raised"), seen)
    require_equal("remind(…), and `send` fails; done?", False, (await subject.harness.stored())[2].done)


@fails_as("connection kept")
async def gives_back(subject: AnswerUnderLoad) -> None:
    """Ten at the same moment have given every connection back when they return."""

    async def send(name: str) -> None:
        await asyncio.sleep(0)

    async with subject.harness.own_factory.begin() as other:  # another writer: who comes to write has to wait
        await other.execute(update(Task).where(Task.id == 1).values(priority=8))
        calls = [asyncio.create_task(subject.answer(subject.sessions, 2, send)) for _ in range(10)]
        await all_done(calls, 0.3)  # until each has come as far as it can
    await asyncio.gather(*calls)
    require_equal("ten remind(…) at once, then connections still held", 0, subject.harness.checked_out())


# -- first_within ----------------------------------------------------------------------------------------


async def _first(subject: AnswerUnderLoad, query: Any, seconds: float) -> Any:
    """Return what the answer returns. A TimeoutError that it raises is no sign that it hangs."""
    try:
        return await subject.answer(subject.sessions, query, seconds)
    except TimeoutError as error:
        raise BrokenPromise("the deadline passes", None, Words("TimeoutError raised")) from error


async def in_time(subject: AnswerUnderLoad) -> None:
    """In time, it returns the query's first value."""
    value = random.randrange(1000)
    query = select(literal(value)).union_all(select(literal(value)))
    require_equal("a quick query, 3 seconds", value, await _first(subject, query, 3))
    slow = select(func.slow(0.1, value))
    require_equal("a query of 0.1 seconds, 3 seconds", value, await _first(subject, slow, 3))


async def too_late(subject: AnswerUnderLoad) -> None:
    """Too late, it returns None."""
    query = select(func.slow(0.2, 1))
    require_equal("a query of 0.2 seconds, 0.05 seconds", None, await _first(subject, query, 0.05))


@fails_as("connection kept")
async def connection_is_back(subject: AnswerUnderLoad) -> None:
    """When it returns, it has given its connection back, also after the deadline."""
    await _first(subject, select(literal(1)), 3)
    require_equal("a quick query, then connections still held", 0, subject.harness.checked_out())
    await _first(subject, select(func.slow(0.3, 1)), 0.05)
    require_equal("a query that is too slow, then connections still held", 0, subject.harness.checked_out())


async def raises_errors(subject: AnswerUnderLoad) -> None:
    """An error of the database is raised."""
    try:
        seen = await subject.answer(subject.sessions, text("SELECT name FROM nowhere"), 3)
    except OperationalError:
        return
    raise BrokenPromise("a query on a table that does not exist", Words("OperationalError raised"), seen)


async def stays_cancelled(subject: AnswerUnderLoad) -> None:
    """Cancelled from outside, it stays cancelled: twenty of twenty calls."""
    seen = Words(f"{sum(each.cancelled() for each in await _cancel_twenty(subject))} cancelled")
    if seen != "20 cancelled":
        raise BrokenPromise("twenty calls, and their caller cancels them", Words("20 cancelled"), seen)


@fails_as("connection kept")
async def nothing_held_after_cancelling(subject: AnswerUnderLoad) -> None:
    """Twenty cancelled calls have given every connection back."""
    await _cancel_twenty(subject)
    require_equal("twenty calls, cancelled; then connections still held", 0, subject.harness.checked_out())


async def _cancel_twenty(subject: AnswerUnderLoad) -> list[asyncio.Task[Any]]:
    calls = [
        asyncio.create_task(subject.answer(subject.sessions, select(func.until_open(1)), 60))
        for _ in range(20)
    ]
    for _ in range(50):
        if len(subject.at_the_gate) == 15:
            break  # as many are running as the pool has connections; the others wait for one
        await asyncio.sleep(0.01)
    for call in calls:
        call.cancel()
    subject.gate.set()
    await asyncio.wait(calls)
    for call in calls:
        call.cancelled() or call.exception()
    return calls
