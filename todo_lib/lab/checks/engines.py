"""Which engines an answer may use, and what becomes of those that it makes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine

from todo_lib.lab.aio.unfinished import is_tried
from todo_lib.lab.checks.behaviour import BrokenPromise, Words

NOT_DISPOSED = "Every engine that is made here is disposed of."
ELSEWHERE = "Nothing here touches another database than the one it is given."


@asynccontextmanager
async def own_engines() -> AsyncIterator[None]:
    """Keep a trial to engines that are made in this block.

    An older one is the learner's: what uses it raises `BrokenPromise` before anything is written. So does
    the end of the block if an engine that the answer has made still has connections; it is disposed of first.
    """
    made: list[Engine] = []
    by_answer: dict[Engine, set[int]] = {}  # with the connections that are open
    make, connect = Engine.__init__, Engine.connect

    def make_and_note(self: Engine, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        made.append(self)
        if not is_tried():  # the trial's own: whoever made it closes it
            return
        is_open = by_answer[self] = set()
        event.listen(self, "connect", lambda connection, record: is_open.add(id(connection)))
        event.listen(self, "close", lambda connection, record: is_open.discard(id(connection)))

    def connect_if_own(self: Engine) -> Connection:
        if is_tried() and not any(self.pool is engine.pool for engine in made):
            raise BrokenPromise(
                "what uses a database",
                Words("the one it is given"),
                Words(f"another one, {self.url!r}"),
                cause="outside factory",
                promise=ELSEWHERE,
            )
        return connect(self)

    try:
        with patch.object(Engine, "__init__", make_and_note), patch.object(Engine, "connect", connect_if_own):
            yield
    finally:
        left = [engine for engine, is_open in by_answer.items() if is_open]
        for engine in left:
            with suppress(Exception):  # it may belong to a loop that is gone
                await AsyncEngine(engine).dispose() if engine.dialect.is_async else engine.dispose()
    if left:
        raise BrokenPromise(
            "afterwards, engines that still hold a connection",
            0,
            len(left),
            cause="engine not disposed",
            promise=NOT_DISPOSED,
        )
