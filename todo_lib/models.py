"""What goes into and comes out of the API, shared by both apps."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

# PostgreSQL cannot store the character NUL in a text, so neither database is asked to.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]


def one_year_after(day: date) -> date:
    """Return the same day of the next year; for 29 February that is 28 February."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def from_today_to_one_year_ahead(day: date) -> date:
    """Return `day` unchanged. Raise `ValueError` when it is in the past or more than a year ahead.

    "Today" is the server's local date at the moment of the call.
    """
    today = date.today()
    if not today <= day <= one_year_after(today):
        raise ValueError("must be a day from today to one year ahead")
    return day


class TaskInput(BaseModel):
    """A task as a client sends it. Any due date: an overdue task must stay editable."""

    name: Annotated[Text, Field(min_length=5, max_length=100)]
    priority: Annotated[int, Field(ge=1, le=9)]
    due_date: date
    done: bool = False


class NewTask(TaskInput):
    """A task as a client creates it: due between today and one year ahead."""

    due_date: Annotated[date, AfterValidator(from_today_to_one_year_ahead)]


class TaskOutput(BaseModel):
    """A task as it is stored. `from_attributes` lets `model_validate` read a `Task` row."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    priority: int
    due_date: date
    done: bool
    created_at: date


class TaskFilter(BaseModel):
    """Which tasks to list, and which part of that list. Also the query string of `GET /api/todo/`."""

    q: Annotated[Text | None, Field(max_length=100, description="part of the name, in any case")] = None
    include_done: bool = True
    due_before: Annotated[date | None, Field(description="due on this day or earlier")] = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    offset: Annotated[int, Field(ge=0, lt=2**63)] = 0


class StatisticOverview(BaseModel):
    """How many tasks there are, done and still open."""

    total_tasks: int
    total_done: int
    total_open: int
