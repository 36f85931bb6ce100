"""The lessons in their order: what the front matter of each says. Nothing else in the course knows a number.

In texts and in code cells of lessons `{{first_awaits}}` stands for that lesson's number, and
`{{first_awaits.title}}` for its title.
"""

import re
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LESSONS = Path(__file__).with_name("lessons")
SOURCE = "lesson.md"
FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
REFERENCE = re.compile(r"\{\{(\w+)(?:\.(\w+))?\}\}")


class SyllabusError(ValueError):
    """A lesson's front matter that lacks something, or a name that no lesson has."""


@dataclass(frozen=True)
class LessonInfo:
    """What the front matter of a lesson says under `lesson`, and the name of its folder."""

    name: str
    number: str
    """Two digits: its place in the course."""
    part: int
    title: str
    idea: str
    """One sentence."""
    objectives: str
    """Goes on from "After this lesson you can"."""
    prerequisites: str
    minutes: int
    stop: str
    """What the map of the course calls it."""

    @property
    def folder(self) -> Path:
        """Return where its source, its texts and its checks are."""
        return LESSONS / self.name

    @property
    def notebook(self) -> str:
        """Return the name of its notebook's file."""
        return f"{self.number}_{self.name}.ipynb"


def read_info(folder: Path) -> LessonInfo:
    """Read a lesson's front matter. Raise `SyllabusError` naming what is missing or unknown there."""
    found = FRONT_MATTER.match((folder / SOURCE).read_text(encoding="utf-8"))
    given: dict[str, Any] = (yaml.safe_load(found[1]) if found else {}).get("lesson", {})
    wanted = {field.name for field in fields(LessonInfo)} - {"name"}
    if wanted != given.keys():
        wrong = ", ".join(sorted(wanted ^ given.keys()))
        raise SyllabusError(f"{folder.name}/{SOURCE}: the front matter misses, or does not know: {wrong}")
    return LessonInfo(name=folder.name, **given)


@cache
def lessons() -> tuple[LessonInfo, ...]:
    """Return every lesson in the order of the course.

    Raise `SyllabusError` if numbers are missing or double.
    """
    found = sorted(
        (read_info(path.parent) for path in LESSONS.glob(f"*/{SOURCE}")), key=lambda each: each.number
    )
    if not found:
        raise SyllabusError(f"no lesson in {LESSONS.name}/")
    numbers = [each.number for each in found]
    if numbers != [f"{number:02}" for number in range(len(found))]:
        raise SyllabusError(f"the lessons' numbers do not count from 00 without a gap: {', '.join(numbers)}")
    return tuple(found)


def by_name(name: str) -> LessonInfo:
    """Return the lesson of this folder. Raise `SyllabusError` if there is none."""
    return _one("name", name)


def by_number(number: str) -> LessonInfo:
    """Return the lesson with these two digits. Raise `SyllabusError` if there is none."""
    return _one("number", number)


def _one(field: str, value: str) -> LessonInfo:
    found = next((each for each in lessons() if getattr(each, field) == value), None)
    if found is None:
        raise SyllabusError(f"there is no lesson {value!r}")
    return found


def filled(text: str) -> str:
    """Return the text with the numbers and titles of the lessons that it refers to."""
    return REFERENCE.sub(lambda found: str(getattr(by_name(found[1]), found[2] or "number")), text)
