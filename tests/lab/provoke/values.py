"""Values that the database or its driver refuses."""

from sqlalchemy import delete, insert, text

from . import provokes
from .sandbox import Project, Sandbox, Todo

ON = text("PRAGMA foreign_keys = ON")


@provokes("value-of-wrong-type")
async def text_for_a_date(sandbox: Sandbox) -> None:
    """SQLAlchemy itself keeps dates for SQLite, and wants dates."""
    async with sandbox.sqlite() as factory, factory() as session:
        session.add(Todo(project_id=1, name="plant", due="2028-02-29"))
        await session.commit()


@provokes("value-of-wrong-type")
async def list_for_a_number(sandbox: Sandbox) -> None:
    """`in_` is meant."""
    async with sandbox.sqlite() as factory, factory() as session:
        await session.execute(delete(Todo).where(Todo.id == [1, 2]))


@provokes("value-of-wrong-type")
async def dict_for_a_text(sandbox: Sandbox) -> None:
    """And psycopg says it in other words."""
    async with sandbox.postgres("psycopg") as factory, factory() as session:
        await session.execute(insert(Project).values(id=2, name={"name": "kitchen"}))


@provokes("unique-violated")
async def name_taken(sandbox: Sandbox) -> None:
    """There is a garden."""
    async with sandbox.sqlite() as factory, factory() as session:
        session.add(Project(name="garden"))
        await session.commit()


@provokes("unique-violated")
async def id_taken_by_the_sequence(sandbox: Sandbox) -> None:
    """The sandbox saved a row with an id; PostgreSQL's sequence begins with the same."""
    async with sandbox.postgres("asyncpg") as factory, factory() as session:
        session.add(Project(name="kitchen"))
        await session.commit()


@provokes("not-null-violated")
async def name_missing(sandbox: Sandbox) -> None:
    """A project needs a name."""
    async with sandbox.sqlite() as factory, factory() as session:
        session.add(Project())
        await session.commit()


@provokes("not-null-violated")
async def parent_deleted(sandbox: Sandbox) -> None:
    """SQLAlchemy sets `project_id` of the children to NULL."""
    async with sandbox.postgres("psycopg") as factory, factory() as session:
        await session.delete(await session.get_one(Project, 1))
        await session.commit()


@provokes("foreign-key-violated")
async def parent_missing(sandbox: Sandbox) -> None:
    """There is no project 99, and SQLite was told to look."""
    async with sandbox.sqlite() as factory, factory() as session:
        await session.execute(ON)
        session.add(Todo(project_id=99, name="orphan"))
        await session.commit()


@provokes("foreign-key-violated")
async def children_left(sandbox: Sandbox) -> None:
    """PostgreSQL always looks."""
    async with sandbox.postgres("asyncpg") as factory, factory() as session:
        await session.execute(delete(Project))
