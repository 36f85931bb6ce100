"""Attributes that are read where the database cannot be asked."""

from todo_lib.lab.errors.model import Entry, Matcher
from todo_lib.lab.errors.predicates import (
    EXPIRED,
    NOT_LOADED,
    database_computes_it,
    pydantic_read_a_column,
    pydantic_read_a_relationship,
    pydantic_read_computed,
    pydantic_read_kept,
    session_keeps_values,
)
from todo_lib.lab.errors.topics import FACTORY, HIDDEN_IO

ASYNCIO = "https://docs.sqlalchemy.org/en/21/orm/extensions/asyncio.html"
PYDANTIC = ("ValidationError", "ResponseValidationError")
NO_GREENLET = "greenlet_spawn has not been called"

ENTRIES = (
    Entry(
        key="expired-attribute",
        title="An attribute is read after a commit or a rollback that expired it",
        happened="You read an attribute that the session had forgotten, and the session tried to ask the"
        " database without `await`.",
        why="By default a commit expires all that a session holds. A rollback and `expire` always do. The"
        " next access would reload it, but an attribute cannot be awaited.",
        fix="Make the factory with `expire_on_commit=False`. If it has that already: refresh the object.",
        code="factory = async_sessionmaker(engine, expire_on_commit=False)\n"
        "await session.refresh(task)  # or this, for one object",
        topic=FACTORY,
        url=f"{ASYNCIO}#asyncio-orm-avoid-lazyloads",
        matchers=(
            Matcher(("MissingGreenlet",), call=EXPIRED),
            Matcher(PYDANTIC, NO_GREENLET, test=pydantic_read_a_column),
        ),
    ),
    Entry(
        key="onupdate-after-flush",
        title="A value that the database computed was not fetched",
        happened="The last flush or commit wrote the row, and the database computed a value for this column."
        " Reading it would ask the database without `await`.",
        why="A column with `onupdate=func.now()` or a server default changes in the database only. An UPDATE"
        " does not bring the new value back by default.",
        fix="Refresh it after the commit, tell the model to fetch it always, or compute it in Python.",
        code="await session.refresh(task, ['changed'])\n\n"
        "__mapper_args__ = {'eager_defaults': True}  # in the model",
        topic=HIDDEN_IO,
        url="https://docs.sqlalchemy.org/en/21/orm/persistence_techniques.html#orm-server-defaults",
        matchers=(
            Matcher(("MissingGreenlet",), call=EXPIRED, test=database_computes_it),
            Matcher(PYDANTIC, NO_GREENLET, test=pydantic_read_computed),
        ),
        rank=2,
    ),
    Entry(
        key="expired-not-by-commit",
        title="An attribute was expired, and not by a commit",
        happened="You read an attribute that the session had forgotten, and the session tried to ask the"
        " database without `await`.",
        why="The factory has `expire_on_commit=False`, so no commit did it. A rollback always expires; so do"
        " `expire`, `expire_all`, and a write whose new value the database computes.",
        fix="Refresh the object before you read it; or read it before that line.",
        code="await session.rollback()\nawait session.refresh(task)",
        topic=HIDDEN_IO,
        url=f"{ASYNCIO}#asyncio-orm-avoid-lazyloads",
        matchers=(
            Matcher(("MissingGreenlet",), call=EXPIRED, test=session_keeps_values),
            Matcher(PYDANTIC, NO_GREENLET, test=pydantic_read_kept),
        ),
        rank=1,
    ),
    Entry(
        key="lazy-load",
        title="A relationship is read that the query did not load",
        happened="You read a relationship, or a column that the query left out, and the session tried to load"
        " it without `await`.",
        why="Lazy loading means a hidden query at a dot. In synchronous code it works; in asynchronous code"
        " every query needs an `await`, and a dot has none.",
        fix="Say in the query what you will need.",
        code="query = select(Project).options(selectinload(Project.tasks))\n"
        "# or later: await session.refresh(project, ['tasks'])",
        topic=HIDDEN_IO,
        url=f"{ASYNCIO}#asyncio-orm-avoid-lazyloads",
        matchers=(Matcher(("MissingGreenlet",), call=NOT_LOADED),),
        rank=3,
    ),
    Entry(
        key="pydantic-relationship",
        title="Pydantic reads a relationship that the query did not load",
        happened="Your output model has a field for a relationship. Pydantic reads it while it builds the"
        " answer, and that read would be a query without `await`.",
        why="The endpoint's own code never touches the relationship, so the error seems to come from nowhere:"
        " FastAPI and pydantic read every field of the model.",
        fix="Load what the output model needs, in the store.",
        code="query = select(Project).options(selectinload(Project.tasks))",
        topic=HIDDEN_IO,
        url="https://docs.pydantic.dev/latest/errors/validation_errors/#get_attribute_error",
        matchers=(Matcher(PYDANTIC, NO_GREENLET, test=pydantic_read_a_relationship),),
        rank=1,  # of the two reads that fail so, the one that is met more often
    ),
    Entry(
        key="detached-instance",
        title="The object's session is closed, and something is still to be loaded",
        happened="You read an attribute that is not in memory, and the session that could load it is closed.",
        why="The object outlived its `async with factory() as session:` block. What was loaded before can"
        " still be read, nothing else.",
        fix="Inside the block, load what is needed and turn the row into a pydantic model; return that.",
        code="async with factory() as session:\n    task = await session.get(Task, id)\n"
        "    return TaskOutput.model_validate(task)  # inside the block",
        topic=HIDDEN_IO,
        url="https://docs.sqlalchemy.org/en/21/errors.html#error-bhk3",
        matchers=(
            Matcher(("DetachedInstanceError",)),
            Matcher(PYDANTIC, "Error extracting attribute: DetachedInstanceError"),
        ),
    ),
    Entry(
        key="io-outside-await",
        title="Synchronous code wants to talk to an asynchronous driver",
        happened="A synchronous method of SQLAlchemy reached an asynchronous driver, and there was no `await`"
        " around it that could wait.",
        why="SQLAlchemy needs the asynchronous classes as a bridge to such a driver: `create_engine`,"
        " `engine.sync_engine` and `session.sync_session` go around it.",
        fix="Use `create_async_engine` and `AsyncSession`. Give a synchronous function to `run_sync`.",
        code="await session.run_sync(synchronous_function)",
        topic=FACTORY,
        url="https://docs.sqlalchemy.org/en/21/errors.html#error-xd2s",
        matchers=(Matcher(("MissingGreenlet",)),),
        rank=-1,  # when nothing tells more
    ),
)
