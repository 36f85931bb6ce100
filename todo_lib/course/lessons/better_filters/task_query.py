"""What a client may ask of the list of tasks, with fastapi-filters: for this lesson only.

Not imported by the rest of the lab: only this lesson needs the library.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, Query
from fastapi_filters import (
    FilterField,
    FilterOperator,
    FilterValues,
    SortingValues,
    create_filters,
    create_sorting,
)
from pydantic import Field

from todo_lib.models import Text

PART = FilterOperator.ilike

conditions = create_filters(
    # `op_types` keeps what `TaskFilter.q` refuses: a text too long, or
    # with a character no database can store.
    name=FilterField(
        str, operators=[PART], default_op=PART, op_types={PART: Annotated[Text, Field(max_length=100)]}
    ),
    done=FilterField(bool, operators=[FilterOperator.eq]),
    due_date=FilterField(
        date, operators=[FilterOperator.ge, FilterOperator.le], default_op=FilterOperator.le
    ),
)
orders = create_sorting("name", "priority", "due_date")


@dataclass
class Wanted:
    """Which tasks, in which order, and which page of them. FastAPI fills it from the query string."""

    filters: Annotated[FilterValues, Depends(conditions)]
    sorting: Annotated[SortingValues, Depends(orders)]
    limit: Annotated[int, Query(ge=1, le=1000)] = 100
    offset: Annotated[int, Query(ge=0, lt=2**63)] = 0
