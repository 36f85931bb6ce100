"""What a query gives back: rows, objects, nothing."""

from todo_lib.lab.errors.model import Entry, Matcher
from todo_lib.lab.errors.predicates import (
    encoded_a_row,
    row_of_an_object_was_asked,
    row_was_asked,
    validated_a_row,
)
from todo_lib.lab.errors.topics import HIDDEN_IO, STORE

RESULT = "https://docs.sqlalchemy.org/en/21/core/connections.html#sqlalchemy.engine.Result"
ASKED = r"sqlalchemy/engine/result\.py:_key_not_found"
TUPLE = r"tuple indices must be integers or slices, not str"

ENTRIES = (
    Entry(
        key="rows-not-objects",
        title="A row where an object should be: `scalars` is missing",
        happened="`execute` gives rows, even if you select one thing. You used a row as if it were the"
        " object in it.",
        why="A row is a tuple: `select(Task)` gives rows of one object each, `select(Task.id, Task.name)`"
        " rows of two values. `scalars` takes the first of each.",
        fix="Ask for objects: `session.scalars(query)`; or take the first of each row: `row[0]`.",
        code="tasks = (await session.scalars(select(Task))).all()",
        topic=STORE,
        url="https://docs.sqlalchemy.org/en/21/orm/queryguide/select.html",
        matchers=(
            Matcher(("AttributeError",), call=ASKED, test=row_of_an_object_was_asked),
            Matcher(("AttributeError",), test=row_of_an_object_was_asked),
            Matcher(("TypeError",), TUPLE, test=row_of_an_object_was_asked),
            Matcher(("ValidationError", "ResponseValidationError"), test=validated_a_row),
            Matcher(("ValidationError",), r"input_type=Row\b"),
            Matcher(("ValueError",), r"argument must have __dict__", test=encoded_a_row),
            Matcher(("UnmappedInstanceError",), r"engine\.row\.Row' is not mapped"),
        ),
        rank=2,
    ),
    Entry(
        key="column-not-in-row",
        title="The row has no column of this name",
        happened="You asked a row for a name that it does not have; or by `[…]`, as if it were a dict.",
        why="A row is a tuple with names: those that the query selected. A whole object counts as one"
        " column, named as its class.",
        fix="Write `row.name`, `row.Task.name` or `row._mapping['name']`; `row._fields` lists the names.",
        code="for row in await session.execute(select(Task, Project.name)):\n"
        "    print(row.Task.id, row.name)",
        topic=STORE,
        url="https://docs.sqlalchemy.org/en/21/orm/queryguide/select.html",
        matchers=(
            Matcher(("AttributeError",), call=ASKED, test=row_was_asked),
            Matcher(("AttributeError",), test=row_was_asked),
            Matcher(("AttributeError",), r"Could not locate column in row"),
            Matcher(("TypeError",), TUPLE, test=row_was_asked),
            Matcher(("NoSuchColumnError",), r"Could not locate column in row"),
        ),
        rank=1,
    ),
    Entry(
        key="returns-no-rows",
        title="This statement gives no rows back",
        happened="You asked the result of an INSERT, UPDATE or DELETE for rows: “This result object does not"
        " return rows”.",
        why="Such a statement only tells how many rows it has met.",
        fix="Ask for `rowcount`; or add `.returning(…)` to the statement.",
        code="result = await session.execute(delete(Task))\nprint(result.rowcount)\n\n"
        "query = update(Task).values(done=True).returning(Task)\n"
        "tasks = (await session.scalars(query)).all()",
        topic=STORE,
        url=RESULT,
        matchers=(Matcher(("ResourceClosedError",), r"^This result object does not return rows"),),
    ),
    Entry(
        key="several-results",
        title="Several rows, where exactly one was asked for",
        happened="`one()`, `scalar_one()` or a variant with `_or_none` found more than one row.",
        why="These methods promise one row at most.",
        fix="Say in the query which one you mean; or take `first()`, in a given order.",
        code="query = select(Task).where(Task.name == name).order_by(Task.id).limit(1)",
        topic=STORE,
        url="https://docs.sqlalchemy.org/en/21/core/connections.html#sqlalchemy.engine.Result.one",
        matchers=(Matcher(("MultipleResultsFound",)),),
    ),
    Entry(
        key="result-not-subscriptable",
        title="A result has no index",
        happened="You wrote `result[0]`. A result is read once, from front to back; it is not a list.",
        why="`execute` and `scalars` return a result object. Rows come out of it when you ask for them.",
        fix="Ask for what you want: `result.one()` gives the only row.",
        code="result.one()            # the only row\nresult.first()          # one row or None\n"
        "result.all()            # a list of rows\n"
        "result.scalars().all()  # a list of objects",
        topic=STORE,
        url=RESULT,
        matchers=(Matcher(("TypeError",), r"'\w*Result' object is not subscriptable"),),
    ),
    Entry(
        key="no-result-found",
        title="No row, where exactly one was asked for",
        happened="`one()`, `scalar_one()` or `get_one()` found no row.",
        why="These methods promise exactly one row. A row that may be missing needs another method.",
        fix="Use the variant that returns None, and decide what a missing row means.",
        code="task = await session.get(Task, id)            # None if missing\n"
        "row = (await session.execute(query)).one_or_none()",
        topic=STORE,
        url="https://docs.sqlalchemy.org/en/21/core/connections.html#sqlalchemy.engine.Result.one",
        matchers=(Matcher(("NoResultFound",)),),
    ),
    Entry(
        key="unique-needed",
        title="`unique()` is needed after `joinedload` of a collection",
        happened="The query joins a collection, so each parent comes once per child. SQLAlchemy wants you to"
        " say that you know.",
        why="`joinedload` adds a JOIN: a project with two tasks is two rows.",
        fix="Call `unique()`; or use `selectinload`, which needs no JOIN.",
        code="(await session.scalars(query)).unique().all()\n"
        "query = select(Project).options(selectinload(Project.tasks))",
        topic=HIDDEN_IO,
        url="https://docs.sqlalchemy.org/en/21/orm/queryguide/relationships.html#joined-eager-loading",
        matchers=(Matcher(("InvalidRequestError",), r"The unique\(\) method must be invoked"),),
    ),
)
