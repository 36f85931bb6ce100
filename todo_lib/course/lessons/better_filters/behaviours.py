"""A store's `find`, with filters, sorting and pages: what this lesson asks of it, and who judges it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi_filters import FilterOperator
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from todo_lib.course.contract.harness import Harness
from todo_lib.course.contract.registry import names, task_input
from todo_lib.course.contract.store_judge import StoreJudge
from todo_lib.course.lessons.better_filters.task_query import Wanted
from todo_lib.lab.checks.behaviour import Behaviour, BrokenPromise, Words, fails_as, require_equal

ILIKE, EQ, LE = FilterOperator.ilike, FilterOperator.eq, FilterOperator.le
LITERAL = (
    "100 % sure",
    "100 percent",
    "snake_case",
    "snakeXcase",
    "back\\slash",
    "either/or",
    "Äpfel kaufen",
    "rock 'n' roll",
    "12:30 lunch",
)
"""Names that show whether a search takes every character literally."""
PARTS: tuple[tuple[str, list[str]], ...] = (
    ("%", ["100 % sure"]),
    ("e_c", ["snake_case"]),
    ("_", ["snake_case"]),
    ("k\\s", ["back\\slash"]),
    ("r/o", ["either/or"]),
    ("'n'", ["rock 'n' roll"]),
    ("2:3", ["12:30 lunch"]),
    ("' OR '1'='1", []),
    ("') OR 1=1 --", []),
)
"""What is searched for, and the names in which it stands. Who writes it into the SQL is found out."""


@dataclass(frozen=True)
class FindJudge(StoreJudge):
    """Judges a store by behaviours of this lesson; the contract, which knows no `find`, stays as it is."""

    def _contract(self, *methods: str) -> list[Behaviour]:
        return list(FIND)


async def _find(
    harness: Harness, *sorting: str, limit: int = 100, offset: int = 0, **asked: Any
) -> list[str]:
    """Return the names of what is found.

    `sorting` is as in the query string, `name=…` stands in the place of filters.
    """
    operators = {"name": ILIKE, "done": EQ, "due_date": LE}
    wanted = Wanted(
        filters={field: {operators[field]: value} for field, value in asked.items()},
        sorting=[(each.lstrip("-"), "desc" if each.startswith("-") else "asc", None) for each in sorting],
        limit=limit,
        offset=offset,
    )
    found = await harness.open_store().find(wanted)
    if isinstance(found, list) and all(hasattr(each, "name") for each in found):
        return names(found)
    raise BrokenPromise(f"find({wanted})", Words("a list of TaskOutput"), found)


async def find_applies_the_filters(harness: Harness) -> None:
    """find() returns the tasks that meet every condition, as TaskOutput."""
    for name, done, day in (("buy bread", False, 1), ("buy milk", True, 2), ("call Zoë", False, 3)):
        await harness.insert(**task_input(name, done=done, due_date=date(2028, 2, day)).model_dump())
    require_equal(
        "find(name ilike 'BUY')", ["buy bread", "buy milk"], await _find(harness, "name", name="BUY")
    )
    require_equal("find(done eq False)", ["buy bread", "call Zoë"], await _find(harness, "name", done=False))
    require_equal(
        "find(name ilike 'buy', done eq True)", ["buy milk"], await _find(harness, name="buy", done=True)
    )
    until = await _find(harness, due_date=date(2028, 2, 1))
    require_equal("find(due_date le 2028-02-01)", ["buy bread"], until)
    stored = list((await harness.stored()).values())
    found = await harness.open_store().find(Wanted(filters={}, sorting=[("name", "asc", None)]))
    require_equal("find(sort=name)", stored, found)


async def find_takes_text_literally(harness: Harness) -> None:
    """find() takes every character of a name literally."""
    await harness.insert_all(map(task_input, LITERAL))
    for part, found in PARTS:
        require_equal(f"find(name ilike {part!r})", found, await _find(harness, name=part))


async def find_sorts(harness: Harness) -> None:
    """find() sorts as wanted: by several fields, up or down."""
    for name, priority in (("bread", 2), ("apple", 2), ("coffee", 1)):
        await harness.insert(**task_input(name, priority=priority).model_dump())
    require_equal("find(sort=name)", ["apple", "bread", "coffee"], await _find(harness, "name"))
    require_equal("find(sort=-name)", ["coffee", "bread", "apple"], await _find(harness, "-name"))
    require_equal(
        "find(sort=-priority,name)", ["apple", "bread", "coffee"], await _find(harness, "-priority", "name")
    )


async def find_refuses_an_unknown_field(harness: Harness) -> None:
    """find() refuses to sort by what is no column: it raises KeyError or ValueError, and there is no query."""  # noqa: E501
    await harness.insert(**task_input().model_dump())
    require_equal("find(sort=name), which is known", ["water the plants"], await _find(harness, "name"))
    for field in ("nonsense", "metadata", "id; --"):
        tried, expected = f"find(sort={field})", Words("KeyError or ValueError, before there is a query")
        try:
            seen = await _find(harness, field)
        except (KeyError, ValueError, AttributeError):
            continue
        except SQLAlchemyError as error:
            raise BrokenPromise(tried, expected, Words(type(error).__name__)) from error
        raise BrokenPromise(tried, expected, seen)


async def find_cuts_a_page(harness: Harness) -> None:
    """find() returns at most `limit` tasks, from `offset` on, counted among those that are wanted."""
    await harness.insert_all(task_input(f"task {number}", done=number % 2 == 1) for number in range(8))
    page = await _find(harness, "-name", limit=2, offset=1, done=False)
    require_equal("find(done eq False, sort=-name, limit=2, offset=1)", ["task 4", "task 2"], page)
    require_equal("find(offset=8)", [], await _find(harness, offset=8))


async def find_gives_equal_keys_an_order(harness: Harness) -> None:
    """find() puts tasks with equal keys in the order of their ids, whatever indexes there are."""
    stored = await harness.insert_all(
        task_input(name, priority=1) for name in ("task c", "task a", "task b", "task d")
    )
    async with harness.own_factory.begin() as session:
        await session.execute(text("CREATE INDEX by_priority ON tasks (priority, name)"))
    in_order = names(stored)
    pages = [each for at in range(4) for each in await _find(harness, "priority", limit=1, offset=at)]
    require_equal("find(sort=priority), all equal, page by page", in_order, pages)
    pages = [each for at in range(4) for each in await _find(harness, "-priority", limit=1, offset=at)]
    require_equal("find(sort=-priority), all equal, page by page", in_order, pages)
    require_equal("find() without sorting", in_order, await _find(harness))


@fails_as("connection kept")
async def find_gives_its_connection_back(harness: Harness) -> None:
    """find() gives its connection back."""
    await _find(harness, "name")
    require_equal("find(), then the connections in use", 0, harness.checked_out())


FIND = (
    find_applies_the_filters,
    find_takes_text_literally,
    find_sorts,
    find_refuses_an_unknown_field,
    find_cuts_a_page,
    find_gives_equal_keys_an_order,
    find_gives_its_connection_back,
)
