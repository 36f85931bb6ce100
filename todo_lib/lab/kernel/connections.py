"""Which database connections are open, and who has them: a session, a connection, or a pool."""

import weakref
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from todo_lib.lab.kernel.cells import Cells


@dataclass
class OpenConnection:
    """A connection that was used in this kernel and is not closed."""

    database: str
    idle_in: weakref.ref[Any] | None = None
    """What its pool keeps of it, once it was given back: it goes with a pool that nobody has any more."""
    session: weakref.ref[Session] | None = None
    since: str = ""
    """The line of a cell that took it out of the pool."""


class Connections:
    """Hears of every connection, from `start` on."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._open: dict[int, OpenConnection] = {}

    def start(self) -> None:
        """Begin to listen."""
        event.listen(Engine, "engine_connect", self._used)
        event.listen(Session, "after_begin", self._taken_by_session)
        event.listen(Pool, "checkin", self._given_back)
        event.listen(Pool, "close", self._closed)
        event.listen(Pool, "close_detached", self._closed)

    def still_open(self, names: Mapping[str, Any]) -> list[str]:
        """Return a sentence for each session, connection and engine that keeps a connection.

        `names` are the notebook's: a session is called by the name that the learner gave it.
        """
        idle = Counter(each.database for each in self._open.values() if each.idle_in and each.idle_in())
        in_use = Counter(_who_has(each, names) for each in self._open.values() if each.idle_in is None)
        return [
            *(f"{who} ({count} times)" if count > 1 else who for who, count in in_use.items()),
            *(f"engine not disposed: {name} holds {count} connection(s)" for name, count in idle.items()),
        ]

    def _used(self, connection: Connection) -> None:
        place = self._cells.running()
        self._open[id(connection.connection.dbapi_connection)] = OpenConnection(
            shown(connection.engine.url), since=place.code if place else ""
        )

    def _taken_by_session(self, session: Session, _: Any, connection: Connection) -> None:
        opened = self._open.get(id(connection.connection.dbapi_connection))
        if opened:
            opened.session = weakref.ref(session)

    def _given_back(self, dbapi_connection: Any, record: Any) -> None:
        opened = self._open.get(id(dbapi_connection))
        if opened:
            opened.idle_in, opened.session = weakref.ref(record), None

    def _closed(self, dbapi_connection: Any, *_: Any) -> None:
        self._open.pop(id(dbapi_connection), None)


def shown(url: URL) -> str:
    """Return a database's address without folders and without what opens it."""
    if url.get_backend_name() == "sqlite" and _in_memory(url):
        return f"{url.drivername}, in memory"
    return f"{url.drivername}:///…/{str(url.database or '').rpartition('/')[2]}"


def _in_memory(url: URL) -> bool:
    return not url.database or ":memory:" in url.database or url.query.get("mode") == "memory"


def _who_has(opened: OpenConnection, names: Mapping[str, Any]) -> str:
    since = f", since `{opened.since}`" if opened.since else ""
    session = opened.session() if opened.session else None
    if session is None:
        return f"connection not closed: it belongs to {opened.database}{since}"
    name = next((f"`{name}` " for name in _names_of(session, names)), "")
    return f"session {name}not closed: it holds a connection of {opened.database}{since}"


def _names_of(session: Session, names: Mapping[str, Any]) -> Iterator[str]:
    for name, value in names.items():
        inside = getattr(value, "__dict__", {}).get("sync_session")  # of an AsyncSession
        if not name.startswith("_") and (value is session or inside is session):
            yield name
