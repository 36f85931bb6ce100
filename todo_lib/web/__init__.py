"""The pages both apps show. Everything they need is in this folder, so they work without a network."""

from pathlib import Path

from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

HERE = Path(__file__).parent

templates = Jinja2Templates(directory=HERE / "templates")
static = StaticFiles(directory=HERE / "static")
