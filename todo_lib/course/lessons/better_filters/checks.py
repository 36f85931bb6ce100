"""Better filters: what a client may ask, text taken literally, pages that fit together."""

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import httpx
from fastapi import Depends, FastAPI
from fastapi_filters import FilterOperator
from fastapi_filters.ext.sqlalchemy import apply_filters
from sqlalchemy import ColumnElement, Select, select

from todo_lib.course.contract.harness import Harness, async_harness
from todo_lib.course.contract.registry import task_input
from todo_lib.course.lessons.better_filters.behaviours import EQ, ILIKE, LE, LITERAL, PARTS, FindJudge
from todo_lib.entities import Task
from todo_lib.lab.checks import FunctionJudge
from todo_lib.lab.checks.advice import KnownMistake
from todo_lib.lab.checks.behaviour import BrokenPromise, Words, require_equal
from todo_lib.lab.exercise import Judge

Answer = Callable[..., Any]

# -- task_filters: which questions there are ------------------------------------------------------------


def _app(task_filters: Answer) -> tuple[FastAPI, list[Any]]:
    """Return an application that depends on what the learner's function returns, and what it got."""
    dependency = task_filters()
    if inspect.iscoroutine(dependency) or not callable(dependency):
        raise BrokenPromise("task_filters()", Words("what `create_filters(…)` returns"), dependency)
    app, got = FastAPI(), []

    @app.get("/")
    async def endpoint(filters: Annotated[Any, Depends(dependency)]) -> None:
        got.append(getattr(filters, "filter_values", filters))

    return app, got


async def _asked(task_filters: Answer, query: dict[str, str]) -> dict[str, Any] | Words:
    """Return what becomes of a query string: `{"name ilike": "bread"}`, or the refusal."""
    app, got = _app(task_filters)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://lab") as client:
        response = await client.get("/", params=query)
    if response.status_code != httpx.codes.OK:
        return Words(f"refused with {response.status_code}")
    return {
        f"{field} {operator.name}": value
        for field, asked in got[0].items()
        for operator, value in asked.items()
    }


async def name_in_any_case(task_filters: Answer) -> None:
    """`?name=…` asks with the operator `ilike`."""
    require_equal("?name=BREAD", {"name ilike": "BREAD"}, await _asked(task_filters, {"name": "BREAD"}))


async def done_is_equal(task_filters: Answer) -> None:
    """`?done=…` asks with `eq`, for a boolean."""
    require_equal("?done=true", {"done eq": True}, await _asked(task_filters, {"done": "true"}))


async def due_until_or_from(task_filters: Answer) -> None:
    """`?due_date=…` means that day or earlier, `le`; `?due_date[ge]=…` that day or later."""
    day = date(2028, 2, 29)
    require_equal(
        f"?due_date={day}", {"due_date le": day}, await _asked(task_filters, {"due_date": str(day)})
    )
    later = await _asked(task_filters, {"due_date[ge]": str(day)})
    require_equal(f"?due_date[ge]={day}", {"due_date ge": day}, later)


async def nonsense_is_refused(task_filters: Answer) -> None:
    """`?due_date=soon` and `?done=perhaps` are refused with 422."""
    for query in ({"due_date": "soon"}, {"done": "perhaps"}):
        (field, value), *_ = query.items()
        require_equal(f"?{field}={value}", Words("refused with 422"), await _asked(task_filters, query))


async def nothing_else(task_filters: Answer) -> None:
    """The API's description lists these questions and no others."""
    app, _ = _app(task_filters)
    seen = {parameter["name"] for parameter in app.openapi()["paths"]["/"]["get"].get("parameters", ())}
    wanted = {"name", "name[ilike]", "done", "done[eq]", "due_date", "due_date[ge]", "due_date[le]"}
    require_equal("the parameters in /openapi.json", sorted(wanted), sorted(seen))


# -- literal: every character stands for itself ---------------------------------------------------------


@dataclass(frozen=True)
class LiteralUnderTest:
    """Tasks in a database, to ask for with the learner's `literal` as the library's hook."""

    literal: Answer
    harness: Harness

    async def __call__(self, field: str, operator: FilterOperator, value: Any) -> list[str]:
        """Return the names of what is found."""
        query = select(Task).order_by(Task.id)
        query = apply_filters(query, {field: {operator: value}}, apply_filter=self.literal)
        async with self.harness.own_factory() as session:
            return [each.name for each in await session.scalars(query)]


@asynccontextmanager
async def beside_tasks(literal: Answer) -> AsyncIterator[LiteralUnderTest]:
    """Give a database with tasks, and what asks it."""
    async with async_harness(lambda factory: None) as harness:
        await harness.insert_all(task_input(name, done=name == "snake_case") for name in LITERAL)

        yield LiteralUnderTest(literal, harness)


async def gives_a_condition(ask: LiteralUnderTest) -> None:
    """For `ilike` it returns a condition, as in `where(…)`."""
    tried, wanted = "literal(…, 'name', ilike, 'bread')", Words("a condition, made from columns['name']")
    try:
        seen = ask.literal(select(Task), dict(Task.__table__.columns), "name", ILIKE, "bread")
    except NotImplementedError:
        seen = Words("NotImplementedError: another operator, or no `return` before it")
        raise BrokenPromise(tried, wanted, seen) from None
    if not isinstance(seen, ColumnElement):
        raise BrokenPromise(tried, wanted, Words("a whole query") if isinstance(seen, Select) else seen)


async def part_in_any_case(ask: LiteralUnderTest) -> None:
    """`ilike` finds a part of the name, in any case."""
    for part, found in (("NAKE", ["snake_case", "snakeXcase"]), ("kauf", ["Äpfel kaufen"]), ("plum", [])):
        require_equal(f"name ilike {part!r}", found, await ask("name", ILIKE, part))
    require_equal(
        "name ilike 'äPFEL'", ["Äpfel kaufen"], await ask("name", ILIKE, "äPFEL")
    )  # LIKE knows A to Z only


async def every_character_literal(ask: LiteralUnderTest) -> None:
    """Every character stands for itself: `%`, `_`, `/`, backslash, quotes."""
    for part, found in PARTS:
        require_equal(f"name ilike {part!r}", found, await ask("name", ILIKE, part))


async def others_left_to_the_library(ask: LiteralUnderTest) -> None:
    """All other operators are left to the library."""
    require_equal("name eq 'snake'", [], await ask("name", EQ, "snake"))
    require_equal("name eq 'snake_case'", ["snake_case"], await ask("name", EQ, "snake_case"))
    require_equal("done eq True", ["snake_case"], await ask("done", EQ, True))
    require_equal("due_date le 2000-01-01", [], await ask("due_date", LE, date(2000, 1, 1)))


JUDGES: dict[str, Judge] = {
    "filters": FunctionJudge(
        (name_in_any_case, done_is_equal, due_until_or_from, nonsense_is_refused, nothing_else),
        may_block=True,
        advice={
            "wrong value": "Which operator does that question need, and which type? `default_op` is the "
            "one without brackets; `operators` are all there are.",
            "coroutine returned": "Nothing here waits. A plain `def` is right.",
        },
    ),
    "literal": FunctionJudge(
        (gives_a_condition, part_in_any_case, every_character_literal, others_left_to_the_library),
        opens=beside_tasks,
        advice={
            "wrong value": "Compare the two lines above. Which operator is this about, and does every "
            "character stand for itself?",
            "coroutine returned": "Nothing here waits. A plain `def` is right.",
            "raised": "The function returns a condition, as in `where(…)`: made from `columns[field]` and "
            "`value`.",
        },
        mistakes=(
            KnownMistake(
                "`contains` leaves the case to the database; which method compares in any case?",
                code=r"\.contains\(",
                facts="äPFEL",
            ),
        ),
    ),
    "find": FindJudge(
        ("find",),
        advice={
            "wrong value": "Compare the two lines above. Four things make the query: filters with "
            "`literal`; `apply_sorting`, which refuses unknown fields; a last key that is unique; the page.",
        },
    ),
}
