"""Find calls that stop the event loop, and say what they are in the words of this course."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from blockbuster import BlockBuster, BlockingError, blockbuster

# Computes a text and waits for nothing; blockbuster lists it because it asks for the current folder.
HARMLESS = ("os.path.abspath",)

MEANING = {
    "time.sleep": "it sleeps, and the loop with it; `await asyncio.sleep(…)` lets others run",
    "sqlite3.": "the synchronous SQLite driver; `aiosqlite` works in a thread of its own",
    "socket.": "a synchronous call over the network; use a client that can be awaited",
    "ssl.": "a synchronous call over the network; use a client that can be awaited",
    "lock.": "it waits for a lock that belongs to threads",
    "io.": "it reads or writes a file",
    "os.": "it asks the operating system and waits for the answer",
    "builtins.": "it waits for the outside world",
}

ENDS_BY_ITSELF = ("sqlite3.", "io.", "os.")

__all__ = ["BlockingError", "blocked_call", "ends_by_itself", "refuse_blocking"]


@contextmanager
def refuse_blocking(names: dict[str, Any] | None = None) -> Iterator[list[BlockingError]]:
    """Raise `BlockingError` in whatever blocks the event loop inside the block. Give a list of them.

    Code may catch them, or run where nobody looks at what it raises. `names`: the global names of the code
    that is watched; one that it has bound already, as by `from time import sleep`, is watched, too.
    """
    found: list[BlockingError] = []

    class Noted(BlockingError):
        def __init__(self, function: str) -> None:
            super().__init__(function)
            found.append(self)

    guard = BlockBuster()
    guard.activate()
    for name in HARMLESS:
        guard.functions[name].deactivate()
    # The end of `with ThreadPoolExecutor()` waits for threads whose work has been awaited by then.
    guard.functions["threading.Lock.acquire"].can_block_in("concurrent/futures/thread.py", {"shutdown"})
    # Over TCP asyncpg looks for certificates and passwords in the home folder: not what a learner can change.
    for function in guard.functions.values():
        function.can_block_in("asyncpg/connect_utils.py", {"_parse_connect_dsn_and_args"})
    watched = {
        function.original_func: getattr(function.module, function.func_name)
        for function in guard.functions.values()
        if function.activated
    }
    bound = {name: watched[value] for name, value in (names or {}).items() if _is_among(value, watched)}
    try:
        with patch.object(blockbuster, "BlockingError", Noted), patch.dict(names if bound else {}, bound):
            yield found
    finally:
        guard.deactivate()


def _is_among(value: Any, watched: dict[Any, Any]) -> bool:
    return callable(value) and getattr(value, "__hash__", None) is not None and value in watched


def ends_by_itself(call: str) -> bool:
    """Return whether this blocking call may be let through: it waits for nothing that might never come."""
    return call.startswith(ENDS_BY_ITSELF)


def blocked_call(text: str) -> tuple[str, str]:
    """Return the name of the call, from the message of a `BlockingError`, and what it means."""
    call = text.removeprefix("Blocking call to ")
    return call, next((words for start, words in MEANING.items() if call.startswith(start)), "it blocks")
