"""Scenes for the watcher: cells that a learner runs, and what must be read below the last of them."""

import inspect
from dataclasses import dataclass

SETUP = """
%load_ext todo_lib.lab
import asyncio, gc, logging, tempfile, threading, warnings
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from todo_lib.lab import explain, open_things

async def work(n=0):
    return n

async def fail(words="lost"):
    raise ValueError(words)

folder = tempfile.TemporaryDirectory()
engine = create_async_engine(f"sqlite+aiosqlite:///{folder.name}/held.db")
memory = create_async_engine("sqlite+aiosqlite://")
factory = async_sessionmaker(engine)
session = factory()
"""


@dataclass(frozen=True)
class Scene:
    """Some cells, what the last one shows, and how many notes of un-awaited coroutines all of them make."""

    source: str
    """The cells, with a line `# then` between two of them."""
    shows: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    notes: int | None = None

    @property
    def cells(self) -> list[str]:
        """Return the text of each cell."""
        return [cell.strip() for cell in inspect.cleandoc(self.source).split("# then\n")]
