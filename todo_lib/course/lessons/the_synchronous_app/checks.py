"""The synchronous app: know it, then rewrite legacy queries while everything is still synchronous."""

import inspect
import linecache
import sys
from typing import Any
from unittest.mock import patch

from sqlalchemy.orm import Query

from todo_lib.course.contract.harness import sync_harness
from todo_lib.course.contract.registry import task_input
from todo_lib.course.contract.store_judge import StoreJudge
from todo_lib.entities import Task
from todo_lib.lab.checks import KnownMistake
from todo_lib.lab.checks.behaviour import Behaviour, BrokenPromise, Words
from todo_lib.lab.exercise import Judge
from todo_lib.models import StatisticOverview, TaskFilter, TaskOutput
from todo_lib.sync_app.datastore import DataStoreDb


class LegacyStore(DataStoreDb):
    """The app's store as many older apps have it. `add` and `update` hold no query, so they are the app's."""

    def get(self, id: int) -> TaskOutput | None:
        """Return the task with this id, or None."""
        with self.session as session:
            entity = session.query(Task).get(id)
            return TaskOutput.model_validate(entity) if entity else None

    def all(self) -> list[TaskOutput]:
        """Return every task, oldest first."""
        with self.session as session:
            entities = session.query(Task).order_by(Task.id).all()
            return [TaskOutput.model_validate(entity) for entity in entities]

    def filter(self, wanted: TaskFilter) -> list[TaskOutput]:
        """Return the wanted tasks: the next one due first, then by priority, then by age."""
        with self.session as session:
            query = session.query(Task).order_by(Task.due_date, Task.priority, Task.id)
            if wanted.q:
                query = query.filter(Task.name.icontains(wanted.q, autoescape=True))
            if not wanted.include_done:
                query = query.filter_by(done=False)
            if wanted.due_before:
                query = query.filter(Task.due_date <= wanted.due_before)
            entities = query.limit(wanted.limit).offset(wanted.offset).all()
            return [TaskOutput.model_validate(entity) for entity in entities]

    def delete(self, id: int) -> bool:
        """Delete the task; return whether there was one."""
        with self.session as session:
            deleted = session.query(Task).filter_by(id=id).delete()
            session.commit()
            return deleted > 0

    def get_statistics(self) -> StatisticOverview:
        """Count the tasks: all, done, open."""
        with self.session as session:
            total = session.query(Task).count()
            done = session.query(Task).filter_by(done=True).count()
        return StatisticOverview(total_tasks=total, total_done=done, total_open=total - done)


NO_QUERY = Words("no `session.query`, but a statement that the session runs")


def without_query(*methods: str) -> Behaviour:
    """Return the behaviour that asks whether one of these methods makes a legacy query."""

    async def judge(store_class: Any) -> None:
        made: list[str] = []
        make = Query.__init__

        def make_and_tell(self: Any, *args: Any, **kwargs: Any) -> None:
            made.append(_line_of_caller())
            make(self, *args, **kwargs)

        async with sync_harness(store_class) as harness:
            id = await harness.insert(**task_input().model_dump())
            everything = TaskFilter(q="plants", include_done=False, due_before=task_input().due_date)
            arguments = {"get": (id,), "filter": (everything,), "delete": (id,)}
            with patch.object(Query, "__init__", make_and_tell):
                for method in methods:
                    result = await getattr(harness.open_store(), method)(*arguments.get(method, ()))
                    if inspect.iscoroutine(result):
                        raise BrokenPromise(f"{method}()", Words("a result"), result)
                    if made:
                        raise BrokenPromise(f"{method}()", NO_QUERY, Words(made[0]))

    names = " and ".join(f"{method}()" for method in methods).replace(" and ", ", ", len(methods) - 2)
    judge.__doc__ = (
        f"{names} work{'s' * (len(methods) == 1)} without `session.query`, "
        "which an AsyncSession does not have."
    )
    return judge


def _line_of_caller() -> str:
    """Return the method and the line that asked SQLAlchemy for a query."""
    frame = sys._getframe(2)
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("sqlalchemy."):
        frame = frame.f_back
    code = frame.f_code
    return f"in `{code.co_qualname}`: `{linecache.getline(code.co_filename, frame.f_lineno).strip()}`"


STILL_SYNCHRONOUS = {
    "coroutine returned": "Write a plain `def`: in this lesson everything is still synchronous.",
    "raised": "Look at the line above. What is this object: a session, a statement that nobody has run yet, "
    "a result, a task, or a row (a tuple with one task in it)?",
    "outside factory": "Use the session your store was given: `with self.session as session:`.",
}

GET_WANTS_THE_CLASS = KnownMistake(
    "`session.get(Task, id)`: the class, then the id.", code=r"session\.get\((?!\s*Task\b)"
)
NO_TABLE = KnownMistake(
    "`select(func.count())` names no table, so it counts one row. Write `func.count(Task.id)`, or add "
    "`.select_from(Task)`.",
    code=r"select\(func\.count\(\)\)(?!\s*\.(select_from|where|filter))",
)
DECIDED_BY_PYTHON = KnownMistake(
    "Python's own `not` and `is` are decided at once, "
    "before there is any SQL. `not_(Task.done)` becomes SQL.",
    code=r"\bnot Task\.|\bTask\.\w+ is\b",
)

JUDGES: dict[str, Judge] = {
    "reads": StoreJudge(
        ("get", "all"),
        synchronous=True,
        also=without_query,
        advice=STILL_SYNCHRONOUS,
        mistakes=(GET_WANTS_THE_CLASS,),
    ),
    "rest": StoreJudge(
        ("filter", "delete", "get_statistics"),
        synchronous=True,
        also=without_query,
        advice=STILL_SYNCHRONOUS,
        mistakes=(NO_TABLE, DECIDED_BY_PYTHON, GET_WANTS_THE_CLASS),
    ),
}
