"""The pages both apps show. Everything they need is in this folder, so they work without a network."""

from pathlib import Path

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

HERE = Path(__file__).parent

templates = Jinja2Templates(directory=HERE / "templates")
static = StaticFiles(directory=HERE / "static")


async def refuse(request: Request, error: Exception) -> JSONResponse:
    """Say what is wrong with which field.

    FastAPI's own answer also repeats the input, and fails if that is NaN or half of a surrogate pair, which
    no JSON response can hold.
    """
    assert isinstance(error, RequestValidationError), "it handles nothing else"
    detail = [{key: each[key] for key in ("type", "loc", "msg")} for each in error.errors()]
    return JSONResponse({"detail": detail}, status_code=422)
