"""Tasks with sub-tasks, for this lesson: what the app would look like with a first relationship.

The classes have a `Base` of their own, so the app's tables know nothing of them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, func
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

LONG_AGO = datetime(2001, 2, 3, 4, 5, 6)


class Base(DeclarativeBase):
    """What both tables inherit from."""

    def __repr__(self) -> str:
        """Show what is loaded: reading more could be a query."""
        loaded = [f"{name}={value!r}" for name, value in vars(self).items() if name in ("id", "name")]
        return f"{type(self).__name__}({', '.join(sorted(loaded))})"


class Task(AsyncAttrs, Base):
    """A task that is done in steps."""

    __tablename__ = "task"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(onupdate=func.now())
    subtasks: Mapped[list["Subtask"]] = relationship(order_by="Subtask.id")


class Subtask(Base):
    """One step of a task."""

    __tablename__ = "subtask"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))


class SubtaskOutput(BaseModel):
    """A sub-task as the API would show it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str


class TaskOutput(BaseModel):
    """A task as the API would show it, with its sub-tasks."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    subtasks: list[SubtaskOutput]


async def fill(factory: async_sessionmaker[AsyncSession], steps: Sequence[int]) -> None:
    """Make both tables anew. Each number becomes a task with so many sub-tasks."""
    async with factory.kw["bind"].begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with factory.begin() as session:
        for number, count in enumerate(steps, 1):
            subtasks = [Subtask(name=f"step {number}.{step}") for step in range(1, count + 1)]
            changed_at = LONG_AGO - timedelta(minutes=number)  # so this is not the order of the ids
            session.add(Task(name=f"task {number}", changed_at=changed_at, subtasks=subtasks))
