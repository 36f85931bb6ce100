"""Count what is asked of a database, and look into an engine's connection pool.

What these show is the same in every run.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import QueuePool

from todo_lib.lab.messages import Note, Table

EngineOrFactory = AsyncEngine | Engine | async_sessionmaker[AsyncSession] | sessionmaker[Session]

TRANSACTION = re.compile(
    r"\s*(BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|START\s+TRANSACTION)\b", re.IGNORECASE
)
LABEL = re.compile(r"\b(\w+)\.(\w+) AS \1_\2\b")  # SQLAlchemy 2.0 writes it, 2.1 does not


@dataclass(repr=False)
class Queries:
    """The statements sent to a database while a block ran, in order: see `count_queries`."""

    statements: list[str] = field(default_factory=list)
    """Each on one line, without its parameters."""

    @property
    def count(self) -> int:
        """Return how many there were."""
        return len(self.statements)

    @property
    def note(self) -> Note:
        """Return what is shown: each different statement once, and how often it was sent."""
        often = Counter(self.statements)
        width = len(str(max(often.values(), default=0)))
        lines = [f"{times:{width}} × {statement}" for statement, times in often.items()]
        return Note(
            "·", f"{self.count or 'no'} statement{'' if self.count == 1 else 's'}", code="\n".join(lines)
        )

    def __repr__(self) -> str:
        return repr(self.note)

    def _repr_html_(self) -> str:
        return self.note._repr_html_()


@contextmanager
def count_queries(engine_or_factory: EngineOrFactory) -> Iterator[Queries]:
    """Collect every statement that anybody sends through this engine while the block runs.

        with count_queries(factory) as queries:
            await store.all()
        queries.count

    BEGIN, COMMIT, ROLLBACK and savepoints are not counted. Many rows given to one `execute` are one
    statement. What SQLAlchemy 2.0 writes as `tasks.id AS tasks_id` reads `tasks.id`, as in 2.1. Raise
    `TypeError` for what has no engine.
    """
    engine, queries = _engine(engine_or_factory), Queries()

    def sent(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not TRANSACTION.match(statement):
            queries.statements.append(LABEL.sub(r"\1.\2", " ".join(statement.split())))

    event.listen(engine, "before_cursor_execute", sent)
    try:
        yield queries
    finally:
        event.remove(engine, "before_cursor_execute", sent)


@dataclass(frozen=True, repr=False)
class PoolStatus:
    """The connections of an engine at one moment."""

    size: int
    """How many the pool keeps for the next use, at most."""
    checked_in: int
    """How many are open and wait to be used."""
    checked_out: int
    """How many are in use."""
    overflow: int
    """How many of those are more than `size`: they are closed after use."""

    def __repr__(self) -> str:
        names = ("size", "checked in", "checked out", "overflow")
        return repr(Table(names, ((self.size, self.checked_in, self.checked_out, self.overflow),)))


def pool_status(engine_or_factory: EngineOrFactory) -> PoolStatus:
    """Return how many connections the engine's pool holds now, and how many of them are in use.

    Raise `TypeError` for what has no engine, and for an engine whose pool does not count (such as SQLite's
    `:memory:`, which has one connection for all).
    """
    pool = _engine(engine_or_factory).pool
    if not isinstance(pool, QueuePool):
        raise TypeError(f"a {type(pool).__name__} does not count its connections")
    return PoolStatus(pool.size(), pool.checkedin(), pool.checkedout(), max(pool.overflow(), 0))


def _engine(engine_or_factory: EngineOrFactory) -> Engine:
    bind = (
        engine_or_factory.kw.get("bind")
        if isinstance(engine_or_factory, sessionmaker | async_sessionmaker)
        else engine_or_factory
    )
    engine = bind.sync_engine if isinstance(bind, AsyncEngine) else bind
    if not isinstance(engine, Engine):
        raise TypeError(
            "this needs an engine, or a session factory that has one, "
            f"not: {type(engine_or_factory).__name__}"
        )
    return engine
