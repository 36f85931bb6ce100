"""What the answers are tried on: databases with tasks, and SQL functions that take their time."""

import inspect
import random
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from todo_lib.course.contract.harness import Harness, async_harness
from todo_lib.course.contract.registry import task_input
from todo_lib.lab.checks.behaviour import BrokenPromise, Words

Answer = Callable[..., Any]
Sessions = async_sessionmaker[AsyncSession]


@dataclass(frozen=True)
class AnswerUnderLoad:
    """An answer, the sessions it uses, and a harness to look at the database from outside."""

    answer: Answer
    sessions: Sessions
    harness: Harness
    gate: threading.Event = field(default_factory=threading.Event)
    """What the function `until_open` of SQL waits for."""
    at_the_gate: list[int] = field(default_factory=list)
    """A value for each call that waits there, or has waited."""


@asynccontextmanager
async def prepared(answer: Answer) -> AsyncIterator[AnswerUnderLoad]:
    """Give sessions on an engine that `answer` has prepared. Task 1 has the priority 0."""
    async with async_harness(lambda factory: factory) as harness:
        await harness.insert(**task_input().model_dump() | {"priority": 0})
        # Left to itself the driver is patient for five seconds: then
        # nobody would notice a wrong busy_timeout.
        options = {"connect_args": {"timeout": 0}, "max_overflow": 0}
        engine = create_async_engine(harness.own_factory.kw["bind"].url, **options)
        try:
            seen = answer(engine.sync_engine)
            if inspect.iscoroutine(seen):
                raise BrokenPromise("prepare(engine)", Words("the engine is prepared"), seen)
            for listener in (*engine.sync_engine.pool.dispatch.connect, *engine.sync_engine.dispatch.begin):
                if inspect.iscoroutinefunction(listener):
                    expected = Words("plain functions: SQLAlchemy calls them without `await`")
                    raise BrokenPromise(
                        "prepare(engine), its listeners", expected, Words(f"async def {listener.__name__}")
                    )
            yield AnswerUnderLoad(answer, async_sessionmaker(engine, expire_on_commit=False), harness)
        finally:
            await engine.dispose()


@asynccontextmanager
async def with_two_tasks(answer: Answer) -> AsyncIterator[AnswerUnderLoad]:
    """Give sessions as the app has them. Task 2 is the one to be reminded of; neither is done."""
    async with async_harness(lambda factory: factory) as harness:
        await harness.insert(**task_input("number one").model_dump())
        await harness.insert(**task_input(f"number {random.randrange(1000, 10000)}").model_dump())
        yield AnswerUnderLoad(answer, harness.open_store(), harness)


@asynccontextmanager
async def with_slow_queries(answer: Answer) -> AsyncIterator[AnswerUnderLoad]:
    """Give sessions on which SQL knows `slow(seconds, value)` and `until_open(value)`. The pool is warm."""
    async with async_harness(lambda factory: factory) as harness:
        subject = AnswerUnderLoad(answer, harness.open_store(), harness)

        def slow(seconds: float, value: int) -> int:
            time.sleep(seconds)
            return value

        def until_open(value: int) -> int:
            subject.at_the_gate.append(value)
            subject.gate.wait(5)
            return value

        @event.listens_for(subject.sessions.kw["bind"].sync_engine, "connect")
        def teach(connection: Any, record: Any) -> None:
            connection.create_function("slow", 2, slow)
            connection.create_function("until_open", 1, until_open)

        async with AsyncExitStack() as opened:  # who is cancelled while connecting may leave a thread behind
            for _ in range(5):
                session = await opened.enter_async_context(subject.sessions())
                await session.connection()
        try:
            yield subject
        finally:
            subject.gate.set()
