"""Which engines an answer may use, and what becomes of those that it makes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, Engine, Pool, event
from sqlalchemy.ext.asyncio import AsyncEngine

from todo_lib.lab.aio.unfinished import is_tried
from todo_lib.lab.checks.behaviour import BrokenPromise, Words

NOT_DISPOSED = "Every engine that is made here is disposed of."
ELSEWHERE = "Nothing here touches another database than the one it is given."


@asynccontextmanager
async def own_engines() -> AsyncIterator[None]:
    """Keep a trial to engines that are made in this block.

    An older one is the learner's: what uses it raises `BrokenPromise` before anything is written. So does
    the end of the block if an engine still has connections; it is disposed of first.
    """
    made: list[Engine] = []
    make = Engine.__init__

    def make_and_note(self: Engine, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        made.append(self)

    def refuse_others(connection: Connection) -> None:
        if is_tried() and not any(connection.engine.pool is engine.pool for engine in made):
            raise BrokenPromise(
                "what uses a database",
                Words("the one it is given"),
                Words(f"another one, {connection.engine.url!r}"),
                cause="outside factory",
                promise=ELSEWHERE,
            )

    event.listen(Engine, "engine_connect", refuse_others)
    try:
        with patch.object(Engine, "__init__", make_and_note):
            yield
    finally:
        event.remove(Engine, "engine_connect", refuse_others)
        left = [engine for engine in made if _open_connections(engine.pool)]
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


def _open_connections(pool: Pool) -> int:
    """Return how many connections a pool has; 0 for a pool that keeps none or does not count."""
    counted = (getattr(pool, name, None) for name in ("checkedin", "checkedout"))
    return sum(count() for count in counted if count)
