"""The contract on every database there is: `await contract_everywhere(DataStoreDb)`."""

import asyncio
from collections.abc import Callable
from textwrap import shorten
from typing import Any

from todo_lib.course.contract import behaviours
from todo_lib.course.contract.harness import async_harness
from todo_lib.lab.checks.behaviour import Behaviour, sentence
from todo_lib.lab.db.postgres import drivers_here
from todo_lib.lab.db.temporary import SQLITE, temporary_database
from todo_lib.lab.messages import Table

WIDTH = 50  # characters of a promise
BEHAVIOUR_TIMEOUT = 10.0  # seconds for one behaviour


async def contract_everywhere(store_class: Callable[..., Any], *methods: str) -> Table:
    """Try a store on SQLite, and on PostgreSQL with each driver if there is a server.

    With names of methods, only the promises that need no others. A learner's
    answer is judged by a judge; this only counts.
    """
    rows = []
    wanted = behaviours(*methods)
    for driver in (SQLITE, *drivers_here()):
        async with temporary_database(driver) as url:
            broken = [each for each in wanted if not await _holds(each, store_class, url)]
        first = shorten(sentence(broken[0]), WIDTH, placeholder=" …") if broken else ""
        rows.append((driver, f"{len(wanted) - len(broken)} of {len(wanted)}", first))
    return Table(("driver", "promises", "the first that does not hold"), tuple(rows))


async def _holds(behaviour: Behaviour, store_class: Callable[..., Any], url: str) -> bool:
    try:
        async with async_harness(store_class, url) as harness, asyncio.timeout(BEHAVIOUR_TIMEOUT):
            await behaviour(harness)
    except Exception:  # noqa: BLE001 (whatever the store raises, the promise does not hold)
        return False
    return True
