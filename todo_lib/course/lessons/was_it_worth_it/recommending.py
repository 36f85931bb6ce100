"""What this lesson asks of `recommend`: async only where it lets more waits overlap than threads do."""

from collections.abc import Callable
from typing import Any

from todo_lib.lab.checks.behaviour import require_equal

Answer = Callable[..., Any]


def ask(recommend: Answer, expected: str, **situation: Any) -> None:
    """Raise `BrokenPromise` unless the recommendation is the expected one."""
    full = {
        "waits": True,
        "callers": 500,
        "connections": 100,
        "threads": 40,
        "async_driver": True,
    } | situation
    tried = ", ".join(f"{name}={value}" for name, value in full.items())
    require_equal(f"recommend({tried})", expected, recommend(**full))


async def many_waits(recommend: Answer) -> None:
    """More waits fit into the pool of connections than there are threads, and as many callers come: "async"."""  # noqa: E501
    ask(recommend, "async")
    ask(recommend, "async", callers=41, connections=41)
    ask(recommend, "async", callers=30, connections=20, threads=10)


async def nothing_waits(recommend: Answer) -> None:
    """If no request waits: "def", however many callers come."""
    ask(recommend, "def", waits=False)
    ask(recommend, "def", waits=False, callers=5000, connections=1000)


async def few_callers(recommend: Answer) -> None:
    """If there is a thread for each caller: "def"."""
    ask(recommend, "def", callers=10)
    ask(recommend, "def", callers=40)
    ask(recommend, "def", callers=90, threads=100, connections=300)


async def small_pool(recommend: Answer) -> None:
    """If there is a thread for each connection: "def", for then the pool is the limit of both."""
    ask(recommend, "def", connections=15)
    ask(recommend, "def", connections=40)
    ask(recommend, "def", connections=60, threads=60)


async def no_driver(recommend: Answer) -> None:
    """Without an asynchronous driver: "def"."""
    ask(recommend, "def", async_driver=False)
    ask(recommend, "def", async_driver=False, callers=5000, connections=1000)
