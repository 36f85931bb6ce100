"""A coroutine where its result should be."""

import json

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from . import provokes
from .loading import TodoOutput
from .sandbox import Project, Sandbox, Todo


@provokes("forgotten-await")
async def scalars_of_a_coroutine(sandbox: Sandbox) -> None:
    """No `await` at all."""
    async with sandbox.sqlite() as factory, factory() as session:
        session.execute(select(Todo)).scalars()


@provokes("forgotten-await")
async def coroutine_kept_in_a_variable(sandbox: Sandbox) -> None:
    """The `await` of the second line cannot repair what is missing in the first."""
    async with sandbox.sqlite() as factory, factory() as session:
        result = session.stream(select(Todo))
        await result.scalars()


@provokes("forgotten-await")
async def loop_over_a_coroutine(sandbox: Sandbox) -> None:
    """A coroutine is no list of rows."""
    async with sandbox.sqlite() as factory, factory() as session:
        for todo in session.scalars(select(Todo)):
            print(todo)


@provokes("forgotten-await")
async def index_of_a_coroutine(sandbox: Sandbox) -> None:
    """Nor can one take the first of it."""
    async with sandbox.sqlite() as factory, factory() as session:
        print(session.scalars(select(Todo))[0])


@provokes("forgotten-await")
async def coroutine_given_to_pydantic(sandbox: Sandbox) -> None:
    """Pydantic is given the coroutine instead of the row."""
    async with sandbox.sqlite() as factory, factory() as session:
        TodoOutput.model_validate(session.get(Todo, 1))


@provokes("forgotten-await")
async def coroutine_returned_by_an_endpoint(sandbox: Sandbox) -> None:
    """FastAPI is given one."""
    app = FastAPI()
    async with sandbox.sqlite() as factory, factory() as session:

        @app.get("/", response_model=TodoOutput)
        async def read() -> object:
            return session.get(Todo, 1)

        async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
            await client.get("/")


@provokes("forgotten-await")
async def stream_not_awaited(sandbox: Sandbox) -> None:
    """`stream` must be awaited before its rows can be."""
    async with sandbox.sqlite() as factory, factory() as session:
        async for todo in session.stream(select(Todo)):
            print(todo)


@provokes("await-precedence")
async def await_comes_last(sandbox: Sandbox) -> None:
    """`await` waits for what `.scalars()` returns, which is too late."""
    async with sandbox.sqlite() as factory, factory() as session:
        await session.execute(select(Todo)).scalars()


@provokes("await-precedence")
async def await_comes_last_on_several_lines(sandbox: Sandbox) -> None:
    """The same, laid out as a formatter does it."""
    async with sandbox.sqlite() as factory, factory() as session:
        names = await session.scalars(
            select(Todo.name).where(Todo.project_id == 1).order_by(Todo.id),
        ).all()
        print(names)


@provokes("await-precedence")
async def await_comes_last_before_an_index(sandbox: Sandbox) -> None:
    """The same with an index instead of a method."""
    async with sandbox.sqlite() as factory, factory() as session:
        print(await session.scalars(select(Todo))[0])


@provokes("forgotten-await")
async def unpack_a_coroutine(sandbox: Sandbox) -> None:
    """Python says it in other words."""
    async with sandbox.sqlite() as factory, factory() as session:
        first, second = session.scalars(select(Todo))
        print(first, second)


@provokes("forgotten-await")
async def json_of_a_coroutine(sandbox: Sandbox) -> None:
    """So does `json`."""
    async with sandbox.sqlite() as factory, factory() as session:
        json.dumps({"todo": session.get(Todo, 1)})


@provokes("forgotten-await")
async def spread_a_coroutine(sandbox: Sandbox) -> None:
    """A `*` before a call without `await`."""
    async with sandbox.sqlite() as factory, factory() as session:
        print(*session.scalars(select(Todo)))


@provokes("forgotten-await")
async def delete_a_coroutine(sandbox: Sandbox) -> None:
    """The outer call is awaited, the inner one is not."""
    async with sandbox.sqlite() as factory, factory() as session:
        await session.delete(session.get(Todo, 1))


@provokes("forgotten-await")
async def save_a_coroutine(sandbox: Sandbox) -> None:
    """The driver knows no such type; the value's is not the mistake."""
    async with sandbox.sqlite() as factory, factory() as session:
        session.add(Project(name=session.scalar(select(Todo.name))))
        await session.commit()


@provokes("options-outside-select")
async def options_behind_the_query(sandbox: Sandbox) -> None:
    """Parentheses round `await` would not help."""
    async with sandbox.sqlite() as factory, factory() as session:
        await session.scalars(select(Todo)).options(selectinload(Todo.project))


@provokes("options-outside-select")
async def order_by_behind_the_query(sandbox: Sandbox) -> None:
    """Another method of the statement, without `await`."""
    async with sandbox.sqlite() as factory, factory() as session:
        session.execute(select(Todo)).order_by(Todo.id)


@provokes("options-outside-select")
async def where_behind_the_result(sandbox: Sandbox) -> None:
    """The parentheses are there: it is still too late."""
    async with sandbox.sqlite() as factory, factory() as session:
        (await session.scalars(select(Todo))).where(Todo.id == 1)
