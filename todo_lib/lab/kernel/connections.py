"""Which database connections are open, and who has them: a session, a connection, or a pool."""

import weakref
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from todo_lib.lab.kernel.cells import Cells


@dataclass
class OpenConnection:
    """A connection that was used in this kernel and is not closed."""

    database: str = "a database"
    users: int = 0
    """How many have it: an in-memory database has one connection for all."""
    since: str = ""
    """The line of a cell that took it out of the pool."""
    sessions: weakref.WeakKeyDictionary[Session, str] = field(default_factory=weakref.WeakKeyDictionary)
    """Those that began a transaction on it, and the line where."""
    engine: weakref.ref[Engine] | None = None
    pool: weakref.ref[Pool] | None = None

    @property
    def is_forgotten(self) -> bool:
        """Return whether `dispose` came while it was in use: it is in a pool that its engine has left."""
        engine = self.engine() if self.engine else None
        return engine is not None and self.pool is not None and engine.pool is not self.pool()


class Connections:
    """Hears of every connection, from `start` on."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._open: dict[int, OpenConnection] = {}

    def start(self) -> None:
        """Begin to listen."""
        event.listen(Pool, "checkout", self._taken)
        event.listen(Engine, "engine_connect", self._used)
        event.listen(Session, "after_begin", self._begun)
        event.listen(Pool, "checkin", self._given_back)
        event.listen(Pool, "close", self._closed)
        event.listen(Pool, "close_detached", self._closed)

    def still_open(self, names: Mapping[str, Any]) -> list[str]:
        """Return a sentence for each session, connection and engine that keeps a connection.

        `names` are the notebook's: a session is called by the name that the learner gave it.
        """
        lines = Counter(line for opened in self._open.values() for line in _said_of(opened, names))
        idle = Counter(
            each.database
            for each in self._open.values()
            if not each.users and each.pool and each.pool() and not each.is_forgotten
        )
        return [
            *(f"{line} ({count} times)" if count > 1 else line for line, count in lines.items()),
            *(f"engine not disposed: {name} holds {count} connection(s)" for name, count in idle.items()),
        ]

    def _here(self) -> str:
        place = self._cells.running()
        return f", since `{place.code}`" if place else ""

    def _taken(self, dbapi_connection: Any, *_: Any) -> None:
        opened = self._open.setdefault(id(dbapi_connection), OpenConnection())
        opened.users += 1
        opened.since = self._here()

    def _used(self, connection: Connection) -> None:
        opened = self._open.get(id(connection.connection.dbapi_connection))
        if opened:
            engine = connection.engine
            opened.database = shown(engine.url)
            opened.engine, opened.pool = weakref.ref(engine), weakref.ref(engine.pool)

    def _begun(self, session: Session, _: Any, connection: Connection) -> None:
        opened = self._open.get(id(connection.connection.dbapi_connection))
        if opened:
            opened.sessions[session] = self._here()

    def _given_back(self, dbapi_connection: Any, _: Any) -> None:
        opened = self._open.get(id(dbapi_connection))
        if opened:
            opened.users = max(0, opened.users - 1)

    def _closed(self, dbapi_connection: Any, *_: Any) -> None:
        self._open.pop(id(dbapi_connection), None)


def shown(url: URL) -> str:
    """Return a database's address without folders and without what opens it."""
    if url.get_backend_name() == "sqlite" and _in_memory(url):
        return f"{url.drivername}, in memory"
    return f"{url.drivername}:///…/{str(url.database or '').rpartition('/')[2]}"


def _in_memory(url: URL) -> bool:
    return not url.database or ":memory:" in url.database or url.query.get("mode") == "memory"


def _said_of(opened: OpenConnection, names: Mapping[str, Any]) -> Iterator[str]:
    """Return what there is to say of a connection, unless it waits in its engine's pool."""
    if not opened.users:
        if opened.is_forgotten and opened.pool and opened.pool():
            name = opened.database
            yield f"connection not closed: {name} got it back after `dispose`; close sessions first"
        return
    holding = [(each, since) for each, since in opened.sessions.items() if each.in_transaction()]
    for session, since in holding:
        name = next((f"`{name}` " for name in _names_of(session, names)), "")
        yield f"session {name}not closed: it holds a connection of {opened.database}{since}"
    if not holding:
        yield f"connection not closed: it belongs to {opened.database}{opened.since}"


def _names_of(session: Session, names: Mapping[str, Any]) -> Iterator[str]:
    for name, value in names.items():
        inside = getattr(value, "__dict__", {}).get("sync_session")  # of an AsyncSession
        if not name.startswith("_") and (value is session or inside is session):
            yield name
