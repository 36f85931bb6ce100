"""The application: `uvicorn todo_lib.async_app.main:app`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse

from todo_lib.web import refuse, static, templates

from .database import DEFAULT_URL, create_async_session_factory, create_tables, dispose
from .routers import todo


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open one engine when the application starts, close it when the application stops."""
    factory = create_async_session_factory(os.environ.get("TODO_DATABASE_URL", DEFAULT_URL))
    app.state.session_factory = factory
    try:
        await create_tables(factory)
        yield
    finally:
        del app.state.session_factory
        await dispose(factory)


app = FastAPI(title="To-Do Task API", lifespan=lifespan)
app.add_exception_handler(RequestValidationError, refuse)
app.include_router(todo.router)
app.mount("/static", static, name="static")


@app.get("/")
async def main() -> dict[str, str]:
    """Say what this is."""
    return {"message": "The minimalistic ToDo API"}


@app.get("/about", response_class=HTMLResponse, include_in_schema=False)
async def about(request: Request) -> HTMLResponse:
    """Show what the application does."""
    return templates.TemplateResponse(request, "about.html")


@app.get("/dashboard", response_class=HTMLResponse, include_in_schema=False)
async def dashboard(request: Request, db: todo.Store) -> HTMLResponse:
    """Show how many tasks there are, done and open."""
    return templates.TemplateResponse(request, "dashboard.html", {"stats": await db.get_statistics()})
