"""Lesson 01, The synchronous app: know it, then rewrite legacy queries while everything is still synchronous."""

import inspect
import linecache
import sys
from typing import Any
from unittest.mock import patch

from sqlalchemy.orm import Query

from todo_lib.entities import Task
from todo_lib.lab.bench import sync_bench
from todo_lib.lab.contract import Behaviour, Broken
from todo_lib.lab.contract.behaviour import Words, task
from todo_lib.lab.exercise import Exercise, Part, Prediction, Recall
from todo_lib.lab.judge import Clue, StoreJudge
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

        async with sync_bench(store_class) as bench:
            id = await bench.insert(**task().model_dump())
            everything = TaskFilter(q="plants", include_done=False, due_before=task().due_date)
            arguments = {"get": (id,), "filter": (everything,), "delete": (id,)}
            with patch.object(Query, "__init__", make_and_tell):
                for method in methods:
                    result = await getattr(bench.open_store(), method)(*arguments.get(method, ()))
                    if inspect.iscoroutine(result):
                        raise Broken(f"{method}()", Words("a result"), result)
                    if made:
                        raise Broken(f"{method}()", NO_QUERY, Words(made[0]))

    names = " and ".join(f"{method}()" for method in methods).replace(" and ", ", ", len(methods) - 2)
    judge.__doc__ = f"{names} work{'s' * (len(methods) == 1)} without `session.query`, which an AsyncSession does not have."
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

GET_WANTS_THE_CLASS = Clue(
    "`session.get(Task, id)`: the class, then the id.", code=r"session\.get\((?!\s*Task\b)"
)
NO_TABLE = Clue(
    "`select(func.count())` names no table, so it counts one row. Write `func.count(Task.id)`, or add "
    "`.select_from(Task)`.",
    code=r"select\(func\.count\(\)\)(?!\s*\.(select_from|where|filter))",
)
DECIDED_BY_PYTHON = Clue(
    "Python's own `not` and `is` are decided at once, before there is any SQL. `not_(Task.done)` becomes SQL.",
    code=r"\bnot Task\.|\bTask\.\w+ is\b",
)


def parts() -> dict[str, Part]:
    """Return the lesson's questions and exercises, in order, fresh."""
    return {
        "recall_call": Recall(
            question="`fetch` is defined with `async def`. What does the call `fetch()` give you, without `await`?",
            options={
                "A": "its result, as any call does",
                "B": "a coroutine: the work has not begun",
                "C": "a coroutine: the work goes on in the background",
                "D": "an error: such a call needs `await`",
            },
            right="B",
            why={
                "A": "That is a plain `def`. A call to an `async def` function only prepares the work.",
                "B": "The call makes a coroutine. `await` runs it and gives you the result.",
                "C": "Nothing runs a coroutine by itself: it begins when it is awaited or made into a task.",
                "D": "Python allows the call. That is why a forgotten `await` is easy to miss.",
            },
            look="lesson 00",
        ),
        "recall_cell": Recall(
            question="In a cell, `await` works outside any function. Why?",
            options={
                "A": "Python allows `await` anywhere.",
                "B": "Jupyter wraps each cell in `asyncio.run()`.",
                "C": "A notebook has an event loop running already, and cells may use it.",
            },
            right="C",
            why={
                "A": "In a file, `await` outside `async def` is a SyntaxError.",
                "B": "Then each cell would start a loop of its own. The cells of a notebook share one.",
                "C": "So what one cell starts, the next one can wait for.",
            },
            look="lesson 00",
        ),
        "query": Prediction(
            question="`await session.query(Task).all()` on an asynchronous session. What happens?",
            options={
                "A": "It works: `await` makes the query asynchronous.",
                "B": "It works, but the query runs synchronously, as before.",
                "C": "An error: an asynchronous session has no `query`.",
                "D": "No error, and `tasks` is a coroutine: one `await` is not enough.",
            },
            right="C",
            why={
                "A": "Tempting, because for most calls `await` is the whole change. But `await` only waits for "
                "what can be awaited, and here there is not even a method to call.",
                "B": "Tempting, because an AsyncSession does hold a synchronous session inside. "
                "It passes on a chosen list of methods, and `query` is not on it.",
                "C": "`query` was left out. The other way to ask, `select`, works with both kinds of session.",
                "D": "Tempting if you have met chains that need more than one step. "
                "This one fails at its first step, before anything could be awaited.",
            },
        ),
        "reads": Exercise(
            StoreJudge(
                ("get", "all"),
                synchronous=True,
                also=without_query,
                advice=STILL_SYNCHRONOUS,
                clues=(GET_WANTS_THE_CLASS,),
            ),
            hints=(
                "A legacy query knows its session from the beginning. "
                "In the 2.0 style there is first a statement, and then a session that runs it.",
                "`get` needs no statement: the session itself can look up one row by its id.\n"
                "`all` builds a statement with `select(…)`, and `session.scalars(…)` runs it.",
                "entity = session.get(Task, id)\nentities = session.scalars(select(Task).order_by(Task.id))",
            ),
        ),
        "rest": Exercise(
            StoreJudge(
                ("filter", "delete", "get_statistics"),
                synchronous=True,
                also=without_query,
                advice=STILL_SYNCHRONOUS,
                clues=(NO_TABLE, DECIDED_BY_PYTHON, GET_WANTS_THE_CLASS),
            ),
            hints=(
                "What to ask, and who runs it: find in each method the place where the one ends and the other "
                "begins. The conditions of a statement are written as before.",
                "`filter`: only the line with `query(Task)` and the line with `.all()` must change. "
                "If you write `where` in the place of `filter_by(done=False)`: `where(not_(Task.done))`.\n"
                "`delete`: `session.execute(…)` returns a result; its `rowcount` says how many rows there were.\n"
                "`get_statistics`: a number is one value, so `session.scalar(…)`.",
                "query = select(Task).order_by(…)\n"
                "entities = session.scalars(query.limit(…).offset(…))\n"
                "result = session.execute(delete(Task).where(Task.id == id))\n"
                "total = session.scalar(select(func.count()).select_from(Task))",
            ),
        ),
    }
