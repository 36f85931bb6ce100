"""Attributes that are read where the database cannot be asked."""

from datetime import datetime

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer, joinedload

from . import provokes
from .sandbox import Project, Sandbox, Todo


class ProjectOutput(BaseModel):
    """What an endpoint returns: a project and its to-dos."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    todos: list["TodoOutput"]


class TodoOutput(BaseModel):
    """A to-do as an endpoint returns it."""

    model_config = ConfigDict(from_attributes=True)

    name: str


class ChangedOutput(BaseModel):
    """A project with the time that the database has set."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    changed: datetime | None


async def one_project(session: AsyncSession) -> Project:
    """Read the project; its to-dos stay unread."""
    return await session.get_one(Project, 1)


@provokes("expired-attribute")
async def read_after_commit(sandbox: Sandbox) -> None:
    """The default of SQLAlchemy: a commit expires what the session holds."""
    async with sandbox.sqlite() as factory, factory(expire_on_commit=True) as session:
        project = await one_project(session)
        await session.commit()
        print(project.name)


@provokes("expired-attribute")
async def read_after_commit_asyncpg(sandbox: Sandbox) -> None:
    """The same on PostgreSQL, where the exception comes unwrapped."""
    async with sandbox.postgres("asyncpg") as factory, factory(expire_on_commit=True) as session:
        project = await one_project(session)
        await session.commit()
        print(project.name)


@provokes("expired-not-by-commit")
async def read_after_rollback(sandbox: Sandbox) -> None:
    """A rollback expires too, whatever `expire_on_commit` says."""
    async with sandbox.sqlite() as factory, factory() as session:
        project = await one_project(session)
        await session.rollback()
        print(project.name)


@provokes("expired-attribute")
async def pydantic_reads_after_commit(sandbox: Sandbox) -> None:
    """Here pydantic reads the attribute, and wraps the error in its own."""
    async with sandbox.sqlite() as factory, factory(expire_on_commit=True) as session:
        todo = await session.get_one(Todo, 1)
        await session.commit()
        TodoOutput.model_validate(todo)


@provokes("onupdate-after-flush")
async def read_onupdate_after_flush(sandbox: Sandbox) -> None:
    """The database computed the value of `changed`; nobody has fetched it."""
    async with sandbox.sqlite() as factory, factory() as session:
        project = await one_project(session)
        project.name = "vegetable garden"
        await session.flush()
        assert project.name == "vegetable garden"
        print(project.changed)


@provokes("onupdate-after-flush")
async def read_onupdate_after_commit(sandbox: Sandbox) -> None:
    """`expire_on_commit=False` does not help against this one."""
    async with sandbox.postgres("asyncpg") as factory, factory() as session:
        project = await one_project(session)
        project.name = "vegetable garden"
        await session.commit()
        print(project.changed)


@provokes("onupdate-after-flush")
async def pydantic_reads_onupdate(sandbox: Sandbox) -> None:
    """Pydantic reads it; the factory has `expire_on_commit=False`."""
    async with sandbox.sqlite() as factory, factory() as session:
        project = await one_project(session)
        project.name = "vegetable garden"
        await session.commit()
        ChangedOutput.model_validate(project)


@provokes("onupdate-after-flush")
async def endpoint_returns_onupdate(sandbox: Sandbox) -> None:
    """FastAPI lets pydantic read it."""
    app = FastAPI()
    async with sandbox.sqlite() as factory, factory() as session:

        @app.get("/", response_model=ChangedOutput)
        async def rename() -> Project:
            project = await one_project(session)
            project.name = "vegetable garden"
            await session.commit()
            return project

        async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
            await client.get("/")


@provokes("expired-attribute")
async def pydantic_reads_onupdate_of_an_expired_row(sandbox: Sandbox) -> None:
    """Everything is expired here, not only what the database has computed."""
    async with sandbox.sqlite() as factory, factory(expire_on_commit=True) as session:
        project = await one_project(session)
        project.name = "vegetable garden"
        await session.commit()
        ChangedOutput.model_validate(project)


@provokes("expired-not-by-commit")
async def read_after_expire(sandbox: Sandbox) -> None:
    """Somebody has expired it on purpose."""
    async with sandbox.sqlite() as factory, factory() as session:
        project = await one_project(session)
        session.expire_all()
        print(project.name)


@provokes("lazy-load")
async def read_collection(sandbox: Sandbox) -> None:
    """A relationship is loaded when it is read, by default."""
    async with sandbox.sqlite() as factory, factory() as session:
        print((await one_project(session)).todos)


@provokes("lazy-load")
async def read_parent(sandbox: Sandbox) -> None:
    """The other direction."""
    async with sandbox.sqlite() as factory, factory() as session:
        print((await session.get_one(Todo, 1)).project)


@provokes("lazy-load")
async def read_collection_asyncpg(sandbox: Sandbox) -> None:
    """The same on PostgreSQL, where the exception comes unwrapped."""
    async with sandbox.postgres("asyncpg") as factory, factory() as session:
        print((await one_project(session)).todos)


@provokes("lazy-load")
async def read_deferred_column(sandbox: Sandbox) -> None:
    """A column that the query left out."""
    async with sandbox.sqlite() as factory, factory() as session:
        todo = await session.scalar(select(Todo).options(defer(Todo.name)).limit(1))
        print(todo.name)


@provokes("pydantic-relationship")
async def endpoint_returns_project(sandbox: Sandbox) -> None:
    """FastAPI turns the answer into `ProjectOutput`, which reads `todos`."""
    app = FastAPI()
    async with sandbox.sqlite() as factory, factory() as session:

        @app.get("/", response_model=ProjectOutput)
        async def read() -> Project:
            return await one_project(session)

        async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
            await client.get("/")


@provokes("pydantic-relationship")
async def model_validate_project(sandbox: Sandbox) -> None:
    """The same without FastAPI."""
    async with sandbox.sqlite() as factory, factory() as session:
        ProjectOutput.model_validate(await one_project(session))


@provokes("pydantic-relationship")
async def model_validate_project_asyncpg(sandbox: Sandbox) -> None:
    """The same on PostgreSQL."""
    async with sandbox.postgres("asyncpg") as factory, factory() as session:
        ProjectOutput.model_validate(await one_project(session))


@provokes("detached-instance")
async def read_collection_after_close(sandbox: Sandbox) -> None:
    """The session is closed; the project belongs to nobody."""
    async with sandbox.sqlite() as factory:
        async with factory() as session:
            project = await one_project(session)
        print(project.todos)


@provokes("detached-instance")
async def read_expired_after_close(sandbox: Sandbox) -> None:
    """A plain column, expired by the commit."""
    async with sandbox.sqlite() as factory:
        async with factory(expire_on_commit=True) as session:
            project = await one_project(session)
            await session.commit()
        print(project.name)


@provokes("detached-instance")
async def pydantic_reads_after_close(sandbox: Sandbox) -> None:
    """Pydantic reads the relationship of a project whose session is closed."""
    async with sandbox.sqlite() as factory:
        async with factory() as session:
            project = await one_project(session)
        ProjectOutput.model_validate(project)


@provokes("io-outside-await")
async def connect_synchronously(sandbox: Sandbox) -> None:
    """The engine inside the async engine has no `await` around it."""
    async with sandbox.engine() as engine:
        engine.sync_engine.connect()


@provokes("io-outside-await")
async def query_synchronously(sandbox: Sandbox) -> None:
    """The same for the session inside the async session."""
    async with sandbox.sqlite() as factory, factory() as session:
        session.sync_session.get(Project, 1)


@provokes("unique-needed")
async def join_a_collection(sandbox: Sandbox) -> None:
    """One row per to-do comes back, so the project comes twice."""
    async with sandbox.sqlite() as factory, factory() as session:
        print((await session.scalars(select(Project).options(joinedload(Project.todos)))).all())
