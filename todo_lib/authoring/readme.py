"""The table of lessons in README.md, made from the lessons' front matter."""

import re

from todo_lib.course.migration.project import REPOSITORY
from todo_lib.course.syllabus import filled, lessons

README = REPOSITORY / "README.md"
HEAD = "| | lesson | one idea | minutes |\n|---|---|---|---|\n"
TABLE = re.compile(re.escape(HEAD) + r"(?:\|.*\n)*")


def table() -> str:
    """Return a row for each lesson: number, title, idea, minutes."""
    rows = (
        f"| {each.number} | [{each.title}](notebooks/{each.notebook}) "
        f"| {filled(each.idea)} | {each.minutes} |\n"
        for each in lessons()
    )
    return HEAD + "".join(rows)


def updated() -> str:
    """Return README with its table as it should be. Raise `ValueError` if it has none."""
    text = README.read_text(encoding="utf-8")
    if not TABLE.search(text):
        raise ValueError("README.md has no table of lessons")
    return TABLE.sub(lambda _: table(), text)


def is_stale() -> bool:
    """Return whether README says something else than the lessons do."""
    return updated() != README.read_text(encoding="utf-8")


def update() -> None:
    """Write the table."""
    if is_stale():
        README.write_text(updated(), encoding="utf-8")
