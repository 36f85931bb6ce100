"""Applications to compare the course's two with, in the same file format and behind the same server.

`floor_app` is what can hardly be faster in Python: Starlette, the raw driver, JSON. `article_app` is what the
article's last version does: an engine for each request, and a filter in Python over all rows.
"""

import json
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any

import aiosqlite
from fastapi import Depends, FastAPI, Query, status
from sqlalchemy import make_url, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from todo_lib.async_app.database import create_async_session_factory, dispose
from todo_lib.async_app.datastore import DataStoreDb
from todo_lib.entities import Task
from todo_lib.models import NewTask, TaskFilter, TaskOutput

URL = os.environ.get("TODO_DATABASE_URL", "sqlite+aiosqlite:///todo.db")
FIELDS = ("id", "name", "priority", "due_date", "done", "created_at")
ALL = f"SELECT {', '.join(FIELDS)} FROM tasks"


@asynccontextmanager
async def one_connection(app: Starlette) -> AsyncIterator[None]:
    """Open the raw driver once, with the settings of the course's app."""
    async with aiosqlite.connect(make_url(URL).database, isolation_level=None) as connection:
        for pragma in ("busy_timeout = 30000", "journal_mode = WAL", "synchronous = FULL"):
            await connection.execute(f"PRAGMA {pragma}")
        app.state.connection = connection
        yield


def as_json(row: sqlite3.Row | tuple[Any, ...]) -> dict[str, Any]:
    """Return a row as the API shows it."""
    return dict(zip(FIELDS, row, strict=True)) | {"done": bool(row[4])}


async def list_tasks(request: Request) -> JSONResponse:
    """Filter in SQL, as the course's app does."""
    query = f"{ALL} WHERE name LIKE ? ORDER BY due_date, priority, id LIMIT 100"
    rows = await request.app.state.connection.execute_fetchall(query, (f"%{request.query_params['q']}%",))
    return JSONResponse([as_json(row) for row in rows])


async def get_task(request: Request) -> JSONResponse:
    """Read one row by its key."""
    rows = await request.app.state.connection.execute_fetchall(
        f"{ALL} WHERE id = ?", (request.path_params["id"],)
    )
    return JSONResponse(as_json(next(iter(rows))))


async def create_task(request: Request) -> JSONResponse:
    """Write one row; it is committed at once."""
    task = json.loads(await request.body())
    values = [task["name"], task["priority"], task["due_date"], task["done"], str(date.today())]
    cursor = await request.app.state.connection.execute(
        f"INSERT INTO tasks ({', '.join(FIELDS[1:])}) VALUES (?, ?, ?, ?, ?)", values
    )
    return JSONResponse(as_json((cursor.lastrowid, *values)), 201)


floor_app = Starlette(
    routes=[
        Route("/api/todo/", list_tasks),
        Route("/api/todo/", create_task, methods=["POST"]),
        Route("/api/todo/{id:int}", get_task),
    ],
    lifespan=one_connection,
)


async def new_store() -> AsyncIterator[DataStoreDb]:
    """Make an engine for this request, as the article's `get_db` does; close it: the article forgets that."""
    factory = create_async_session_factory(URL)
    try:
        yield DataStoreDb(factory)
    finally:
        await dispose(factory)


Store = Annotated[DataStoreDb, Depends(new_store)]
article_app = FastAPI()


@article_app.get("/api/todo/")
async def filter_in_python(wanted: Annotated[TaskFilter, Query()], db: Store) -> list[TaskOutput]:
    """Load every row, look at each in Python."""
    async with db.factory() as session:
        entities = await session.scalars(select(Task).order_by(Task.due_date, Task.priority, Task.id))
        tasks = [TaskOutput.model_validate(entity) for entity in entities]
    return [task for task in tasks if (wanted.q or "").lower() in task.name.lower()][: wanted.limit]


@article_app.get("/api/todo/{id}")
async def get_with_an_engine(id: int, db: Store) -> TaskOutput | None:
    """Read one row on an engine of its own."""
    return await db.get(id)


@article_app.post("/api/todo/", status_code=status.HTTP_201_CREATED)
async def create_with_an_engine(task: NewTask, db: Store) -> TaskOutput:
    """Write one row on an engine of its own."""
    return await db.add(task)
