"""What a lesson's `texts.toml` says: its questions and hints, with the numbers of lessons filled in."""

import tomllib
from functools import cache
from typing import Any

from todo_lib.course.syllabus import by_name, filled

FILE = "texts.toml"


@cache
def texts(name: str) -> dict[str, dict[str, Any]]:
    """Return the questions and hints of the lesson in this folder, in order."""
    return tomllib.loads(filled((by_name(name).folder / FILE).read_text(encoding="utf-8")))
