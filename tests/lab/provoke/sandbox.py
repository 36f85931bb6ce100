"""What a provoker is given: fresh databases, tables with something in them, another process."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import ForeignKey, func, make_url, text
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.pool import NullPool

REPOSITORY = Path(__file__).parents[3]
WITHOUT_SURPRISES = {
    "PYTHONPATH": str(REPOSITORY),
    "PYTHONWARNINGS": "",
    "PYTHONASYNCIODEBUG": "",
    "PYTEST_ADDOPTS": "",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}


class Base(DeclarativeBase):
    """The tables to make mistakes with."""


class Project(Base):
    """Has to-dos; `changed` is filled in by the database with each UPDATE."""

    __tablename__ = "projects"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    changed: Mapped[datetime | None] = mapped_column(onupdate=func.now())
    todos: Mapped[list["Todo"]] = relationship(back_populates="project")


class Todo(Base):
    """Belongs to a project. `due` is a DateTime without a time zone."""

    __tablename__ = "todos"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str]
    done: Mapped[int] = mapped_column(default=0)
    due: Mapped[datetime | None]
    project: Mapped[Project] = relationship(back_populates="todos")


Factory = async_sessionmaker[AsyncSession]


@dataclass(frozen=True)
class Sandbox:
    """Fresh things for one provoker. What is opened by `async with` is closed by it, too."""

    folder: Path
    _postgres_url: Callable[[], str]

    @property
    def file(self) -> str:
        """The address of an empty SQLite file."""
        return f"sqlite+aiosqlite:///{(self.folder / 'provoked.db').as_posix()}"

    @asynccontextmanager
    async def engine(self, url: str = "", **options: Any) -> AsyncIterator[AsyncEngine]:
        """Give an engine, on a SQLite file if nothing else is said; dispose of it at the end."""
        engine = create_async_engine(url or self.file, **options)
        try:
            yield engine
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def sqlite(self, **options: Any) -> AsyncIterator[Factory]:
        """Give a session factory: one project with two to-dos, on a SQLite file."""
        async with self.engine(**options) as engine:
            await fill(engine)
            yield async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def postgres(self, driver: str, **options: Any) -> AsyncIterator[Factory]:
        """Give the same on PostgreSQL, in a schema of its own."""
        schema = f"provoked_{uuid4().hex[:12]}"
        url = self.postgres_url(driver)
        async with self.engine(url, poolclass=NullPool) as admin:
            async with admin.begin() as connection:
                await connection.execute(text(f"CREATE SCHEMA {schema}"))
            try:
                there = {"asyncpg": {"server_settings": {"search_path": schema}}}
                there["psycopg"] = {"options": f"-csearch_path={schema}"}
                async with self.engine(url, connect_args=there[driver], **options) as engine:
                    await fill(engine)
                    yield async_sessionmaker(engine, expire_on_commit=False)
            finally:
                async with admin.begin() as connection:
                    await connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))

    def postgres_url(self, driver: str) -> str:
        """Return the address of the PostgreSQL server; the first call starts it."""
        url = make_url(self._postgres_url()).set(drivername=f"postgresql+{driver}")
        return url.render_as_string(hide_password=False)

    def python(self, *arguments: str, timeout: float = 20) -> "subprocess.CompletedProcess[str]":
        """Run another Python in this folder; it finds the course, but no setting of this process."""
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=os.environ | WITHOUT_SURPRISES,
            stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=timeout, check=False,
        )  # fmt: skip


def new_loop() -> asyncio.Runner:
    """Return a runner with a loop of its own, which leaves alone the one that pytest-asyncio keeps."""
    return asyncio.Runner(loop_factory=asyncio.new_event_loop)


async def fill(engine: AsyncEngine) -> None:
    """Create the tables; put one project with two to-dos into them."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session, session.begin():
        session.add(Project(id=1, name="garden", todos=[Todo(name="dig"), Todo(name="rest")]))
