"""Values that the database or its driver refuses: of the wrong type, missing, twice."""

from todo_lib.lab.errors.model import Entry, Matcher
from todo_lib.lab.errors.topics import FACTORY, POSTGRES, STORE

ERRORS = "https://docs.sqlalchemy.org/en/21/errors.html"
COMPARED = r"operator does not exist: (?P<left>[\w ]+?) (=|<>|<|>|<=|>=|~~\*?|!~~\*?) (?!(?P=left)\b)[\w ]+"

ENTRIES = (
    Entry(
        key="value-of-wrong-type",
        title="A value has another type than its column",
        happened="The driver or the database refused a value: a text for a number or a date, a list or a"
        " dict for one value.",
        why="Values from a URL, a form or JSON are texts until somebody converts them. SQLite takes most of"
        " them, PostgreSQL none.",
        fix="Convert it before the query: `int(id)`, `date.fromisoformat(day)`; let FastAPI and pydantic do"
        " it by type hints.",
        code="Task.id == int(id)            # not Task.id == '1'\n"
        "Task.id.in_(ids)              # not Task.id == ids\n"
        "Task.due == date(2028, 2, 29)  # not '2028-02-29'",
        topic=POSTGRES,
        url="https://magicstack.github.io/asyncpg/current/usage.html#type-conversion",
        matchers=(
            Matcher(("ProgrammingError",), COMPARED),
            Matcher(
                ("DBAPIError",), r"invalid input for query argument \$\d+(?!.*(offset-naive|got coroutine))"
            ),
            Matcher(("StatementError",), r"SQLite \w+ type only accepts Python"),
            Matcher(("DBAPIError",), r"Error binding parameter \S+ type '(?!coroutine)\w+' is not supported"),
            Matcher(("DBAPIError",), r"invalid input syntax for type|integer out of range|cannot cast type"),
            Matcher(("DBAPIError",), r"cannot adapt type '(?!coroutine)|must be type boolean, not type"),
            Matcher(("DBAPIError",), r"column \"\w+\" is of type [\w ]+ but expression is of type"),
        ),
        rank=1,
    ),
    Entry(
        key="unique-violated",
        title="There is a row with this value already",
        happened="A column, or a set of columns, may hold each value once, and another row has it. The"
        " message names the constraint.",
        why="Either the value is really there; or two writers saved it at once. For a primary key on"
        " PostgreSQL: rows were saved with ids of their own, and the sequence does not know them.",
        fix="Let the write fail, catch `IntegrityError`, roll back, and say so. To look first is not enough:"
        " others write in between.",
        code="try:\n    await session.commit()\nexcept IntegrityError:\n    await session.rollback()\n"
        "    return None  # the name is taken",
        topic=STORE,
        url=f"{ERRORS}#error-gkpj",
        matchers=(Matcher(("IntegrityError",), r"UNIQUE constraint failed|violates unique constraint"),),
    ),
    Entry(
        key="not-null-violated",
        title="A column that needs a value has none",
        happened="A row was saved without a value for a column that must have one. The message names it.",
        why="The attribute was not set and has no default. Or a parent was deleted: then SQLAlchemy sets the"
        " foreign key of its children to NULL (the SQL is an UPDATE).",
        fix="Set it, or give the column a default. For children of a deleted parent: `cascade` in the"
        " relationship.",
        code="name: Mapped[str] = mapped_column(default='')\n"
        "tasks: Mapped[list[Task]] = relationship(cascade='all, delete-orphan')",
        topic=STORE,
        url=f"{ERRORS}#error-gkpj",
        matchers=(Matcher(("IntegrityError",), r"NOT NULL constraint failed|violates not-null constraint"),),
    ),
    Entry(
        key="foreign-key-violated",
        title="A foreign key would point to nothing",
        happened="A row names a parent that does not exist; or a parent was deleted that rows still name.",
        why="The database keeps foreign keys true: PostgreSQL always, SQLite if `PRAGMA foreign_keys` is on.",
        fix="Save the parent first. Before a parent, delete its children, or let the database do it:"
        " `ondelete`.",
        code='project_id = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))',
        topic=FACTORY,
        url=f"{ERRORS}#error-gkpj",
        matchers=(
            Matcher(("IntegrityError",), r"FOREIGN KEY constraint failed|violates foreign key constraint"),
        ),
    ),
)
