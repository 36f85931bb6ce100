"""What an answer does with connections, seen from the engines: sessions and Core, on any database.

Calls that are to be told apart are awaited by `one_call`. The tasks that a call starts belong to it.
"""

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, Engine, event

_call: ContextVar[object | None] = ContextVar("todo_lab_call", default=None)
OWNER = "todo_lab_owner"  # in a connection's `info`: the call that began the transaction


async def one_call(call: Awaitable[Any]) -> Any:
    """Await a call, and let all that happens in it count as one; return its result."""
    token = _call.set(object())
    try:
        return await call
    finally:
        _call.reset(token)


def in_use(engine: Engine) -> dict[Any, None]:
    """Return the connections that are in use, now and from now on, sessions' and others."""
    found: dict[Any, None] = {}
    proxies: dict[Any, Any] = {}

    def out(connection: Any, record: Any, proxy: Any) -> None:
        found[proxy], proxies[record] = None, proxy

    def back(connection: Any, record: Any) -> None:
        found.pop(proxies.pop(record, None), None)

    event.listen(engine, "checkout", out)
    event.listen(engine, "checkin", back)
    return found


class Watch:
    """What calls did that no call may do, while `watching`. The engines are those they were given."""

    def __init__(self, *given: Engine) -> None:
        self._given = set(given)
        self.shared = 0
        """How often a call used a transaction that another call had begun."""
        self.elsewhere: set[Engine] = set()
        """The engines that calls used, and were not given."""

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look on for as long as the block lasts."""
        listeners = (
            *((engine, "begin", self._begun) for engine in self._given),
            *((engine, "before_cursor_execute", self._used) for engine in self._given),
            (Engine, "engine_connect", self._connected),
        )
        for listener in listeners:
            event.listen(*listener)
        try:
            yield
        finally:
            for listener in listeners:
                event.remove(*listener)

    def _begun(self, connection: Connection) -> None:
        connection.info[OWNER] = _call.get()

    def _used(self, connection: Connection, *statement: Any) -> None:
        self.shared += connection.info.get(OWNER) is not _call.get()

    def _connected(self, connection: Connection) -> None:
        if _call.get() is not None and connection.engine not in self._given:
            self.elsewhere.add(connection.engine)
