"""The contract on every database there is: `await contract_everywhere(DataStoreDb)`."""

from collections.abc import Callable
from typing import Any

from todo_lib.lab.contract import NEEDS
from todo_lib.lab.judge import StoreJudge
from todo_lib.lab.postgres import drivers_here
from todo_lib.lab.scratch import SQLITE, fresh
from todo_lib.lab.show import Table

COLUMNS = ("driver", "promises that hold", "the first that does not")
METHODS = tuple(sorted(set().union(*NEEDS.values())))


async def contract_everywhere(store_class: Callable[..., Any]) -> Table:
    """Try a whole store on SQLite, and on PostgreSQL with each driver if there is a server."""
    rows = []
    for driver in (SQLITE, *drivers_here()):
        async with fresh(driver) as url:
            verdict = await StoreJudge(METHODS, url=url)("contract", store_class)
        broken = verdict.lines[0].removeprefix("does not hold: ") if verdict.holds < verdict.total else ""
        rows.append((driver, f"{verdict.holds} of {verdict.total}", broken))
    return Table(COLUMNS, tuple(rows))
