"""Find calls that stop the event loop, and say what they are in the words of this course."""

from collections.abc import Iterator
from contextlib import contextmanager

from blockbuster import BlockBuster, BlockingError

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

__all__ = ["BlockingError", "blocked_call", "refuse_blocking"]


@contextmanager
def refuse_blocking() -> Iterator[None]:
    """Raise `BlockingError` in whatever blocks the event loop inside the block."""
    guard = BlockBuster()
    guard.activate()
    for name in HARMLESS:
        guard.functions[name].deactivate()
    # The end of `with ThreadPoolExecutor()` waits for threads whose work has been awaited by then.
    guard.functions["threading.Lock.acquire"].can_block_in("concurrent/futures/thread.py", {"shutdown"})
    # Over TCP asyncpg looks for certificates and passwords in the home folder: not what a learner can change.
    for function in guard.functions.values():
        function.can_block_in("asyncpg/connect_utils.py", {"_parse_connect_dsn_and_args"})
    try:
        yield
    finally:
        guard.deactivate()


def blocked_call(text: str) -> tuple[str, str]:
    """Return the name of the call, from the message of a `BlockingError`, and what it means."""
    call = text.removeprefix("Blocking call to ")
    return call, next((words for start, words in MEANING.items() if call.startswith(start)), "it blocks")
