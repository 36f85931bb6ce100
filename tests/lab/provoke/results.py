"""What a query gives back: rows, objects, nothing."""

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import Row, delete, insert, select, text

from . import provokes
from .loading import TodoOutput
from .sandbox import Factory, Project, Sandbox, Todo


async def rows(factory: Factory) -> list[Row[tuple[Todo]]]:
    """Ask for to-dos with `execute`."""
    async with factory() as session:
        return list((await session.execute(select(Todo))).all())


@provokes("rows-not-objects")
async def read_of_a_row(sandbox: Sandbox) -> None:
    """The row has no such column."""
    async with sandbox.sqlite() as factory:
        print([row.name for row in await rows(factory)])


@provokes("rows-not-objects")
async def write_to_a_row(sandbox: Sandbox) -> None:
    """A row is a tuple."""
    async with sandbox.sqlite() as factory:
        row = (await rows(factory))[0]
        row.done = 1


@provokes("rows-not-objects")
async def index_a_row_by_a_name(sandbox: Sandbox) -> None:
    """It is no dict either."""
    async with sandbox.sqlite() as factory:
        todos = await rows(factory)
        print(todos[0]["name"])


@provokes("rows-not-objects")
async def validate_a_row(sandbox: Sandbox) -> None:
    """Pydantic misses every field."""
    async with sandbox.sqlite() as factory:
        TodoOutput.model_validate((await rows(factory))[0])


@provokes("rows-not-objects")
async def delete_a_row(sandbox: Sandbox) -> None:
    """The session does not know such a class."""
    async with sandbox.sqlite() as factory, factory() as session:
        await session.delete((await rows(factory))[0])


@provokes("rows-not-objects")
async def endpoint_returns_rows(sandbox: Sandbox) -> None:
    """FastAPI lets pydantic look."""
    await ask(sandbox, list[TodoOutput])


@provokes("rows-not-objects")
async def endpoint_returns_rows_of_no_model(sandbox: Sandbox) -> None:
    """Without a model FastAPI makes JSON of them itself."""
    await ask(sandbox, None)


async def ask(sandbox: Sandbox, model: object) -> None:
    """Ask an endpoint that returns rows."""
    app = FastAPI()
    async with sandbox.sqlite() as factory:

        @app.get("/", response_model=model)
        async def read() -> object:
            return await rows(factory)

        async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
            await client.get("/")


async def row_of_two(sandbox: Sandbox) -> Row[tuple[int, str]]:
    """Return a row of two columns."""
    async with sandbox.sqlite() as factory, factory() as session:
        return (await session.execute(select(Todo.id, Todo.name))).first()


@provokes("column-not-in-row")
async def column_not_selected(sandbox: Sandbox) -> None:
    """The query did not ask for it."""
    row = await row_of_two(sandbox)
    print(row.done)


@provokes("column-not-in-row")
async def row_is_no_dict(sandbox: Sandbox) -> None:
    """It has the column, but not by `[…]`."""
    row = await row_of_two(sandbox)
    print(row["name"])


@provokes("column-not-in-row")
async def column_of_a_text_not_selected(sandbox: Sandbox) -> None:
    """A row of plain SQL says it in other words."""
    async with sandbox.sqlite() as factory, factory() as session:
        row = (await session.execute(text("SELECT id FROM todos"))).first()
        print(row.name)


@provokes("returns-no-rows")
async def rows_of_a_delete(sandbox: Sandbox) -> None:
    """It only counts."""
    async with sandbox.sqlite() as factory, factory() as session:
        (await session.scalars(delete(Todo))).all()


@provokes("returns-no-rows")
async def id_of_an_insert(sandbox: Sandbox) -> None:
    """The same on PostgreSQL: `returning` is missing."""
    async with sandbox.postgres("asyncpg") as factory, factory() as session:
        (await session.execute(insert(Project).values(id=2, name="kitchen"))).scalar_one()


@provokes("several-results")
async def one_of_two(sandbox: Sandbox) -> None:
    """There are two to-dos."""
    async with sandbox.sqlite() as factory, factory() as session:
        (await session.scalars(select(Todo))).one_or_none()
