"""The same questions to three filter libraries: `python -m tests.bench.filters`. Lesson 14 shows the answers.

The course needs only `fastapi-filters`; install `fastapi-filter` and
`sqlalchemy-filterset` by hand to run this.
"""

import asyncio
from importlib.metadata import requires, version
from typing import Annotated, Any

import fastapi_filter.contrib.sqlalchemy as one
import fastapi_filters as two
import httpx
import sqlalchemy_filterset as three
from fastapi import Depends, FastAPI, Query
from fastapi_filter import FilterDepends
from fastapi_filters.ext.sqlalchemy import apply_filters_and_sorting
from sqlalchemy import Select, select

from todo_lib.course.contract.harness import async_harness
from todo_lib.course.contract.registry import task_input
from todo_lib.entities import Task

GROUND = ("SQLAlchemy", "pydantic", "fastapi")
QUESTIONS = ("order=-name", "order=nonsense", "order=metadata", "name=%25")
app = FastAPI()


class One(one.Filter):
    """The search of fastapi-filter, and its sorting."""

    name: str | None = None
    order: list[str] | None = None

    class Constants(one.Filter.Constants):
        """What it is about, and the names above."""

        model = Task
        ordering_field_name = "order"
        search_field_name = "name"
        search_model_fields = ("name",)


class Two(two.FilterSet):
    """The search of fastapi-filters."""

    name: two.FilterField[str] = two.FilterField(
        operators=[two.FilterOperator.ilike], default_op=two.FilterOperator.ilike
    )


class Three(three.BaseFilterSet):
    """The search of sqlalchemy-filterset, and its sorting."""

    name = three.SearchFilter(Task.name)
    order = three.OrderingFilter(name=three.OrderingField(Task.name))


async def found(query: Select[Any]) -> list[str]:
    """Return the names that a query finds."""
    async with app.state.factory() as session:
        return [each.name for each in await session.scalars(query)]


@app.get("/fastapi-filter")
async def first(wanted: Annotated[One, FilterDepends(One)]) -> list[str]:
    """Ask with fastapi-filter."""
    return await found(wanted.sort(wanted.filter(select(Task))))


@app.get("/fastapi-filters")
async def second(
    wanted: Annotated[Two, Depends()],
    order: Annotated[two.SortingValues, Depends(two.create_sorting("name", alias="order"))],
) -> list[str]:
    """Ask with fastapi-filters."""
    return await found(apply_filters_and_sorting(select(Task), wanted, order))


@app.get("/sqlalchemy-filterset")
async def third(name: str | None = None, order: Annotated[list[str] | None, Query()] = None) -> list[str]:
    """Ask with sqlalchemy-filterset."""
    asked = {key: value for key, value in {"name": name, "order": order}.items() if value}
    return await found(Three(select(Task)).filter_query(asked))


async def main() -> None:
    """Print what each library answers."""
    print(*(f"{name} {version(name)}" for name in GROUND))
    async with async_harness(lambda factory: None) as bench:
        await bench.insert_all(map(task_input, ("100 % sure", "buy bread", "snake_case")))
        app.state.factory = bench.own_factory
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://bench") as client:
            for library in ("fastapi-filter", "fastapi-filters", "sqlalchemy-filterset"):
                needs = [each for each in requires(library) or () if each.lower().startswith("sqlalchemy")]
                print(f"\n{library} {version(library)}", *needs, sep="\n  ")
                for question in QUESTIONS:
                    answer = await client.get(f"/{library}?{question}")
                    print(f"  {question}: {answer.status_code} {answer.text[:100]}")
                parameters = app.openapi()["paths"][f"/{library}"]["get"]["parameters"]
                print("  described:", next(each["schema"] for each in parameters if each["name"] == "order"))


if __name__ == "__main__":
    asyncio.run(main())
