"""Read a lesson's source: a MyST Markdown notebook, `lesson.md`, that holds the solved lesson.

An answer cell carries the solution, and in comments the stub that takes its place for the learner:

    ### BEGIN SOLUTION
    await session.commit()
    ### BEGIN STUB
    # ____
    ### END SOLUTION

Its metadata says which exercise it answers (`exercise: add`). A Markdown cell with `solution: add`
explains that solution; the learner's edition leaves it out, and `q.add.solution()` shows it.

`{{question: lost_commit}}` and `{{options: lost_commit}}` stand for what `texts.toml`
says, `{{first_awaits}}` for a lesson's number.
"""

import re
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from todo_lib.course.syllabus import SOURCE, LessonInfo, filled, lessons, read_info
from todo_lib.course.texts import texts

ANSWER = re.compile(
    r"^[ \t]*### BEGIN SOLUTION\n(?P<solution>.*?)"
    r"^[ \t]*### BEGIN STUB\n(?P<stub>.*?)"
    r"^[ \t]*### END SOLUTION(?:\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
QUESTION = re.compile(r"\{\{(?P<what>question|options): (?P<name>\w+)\}\}")


class SourceError(ValueError):
    """A source that cannot be built: the message names the lesson, the cell and the mistake."""


@dataclass(frozen=True)
class LessonSource:
    """One source, read."""

    info: LessonInfo
    cells: list[NotebookNode] = field(repr=False)
    """The whole lesson, solved."""

    @property
    def exercises(self) -> list[str]:
        """Return the names of the exercises that have an answer cell, in order."""
        return [cell.metadata.exercise for cell in self.cells if "exercise" in cell.metadata]

    def solution(self, exercise: str) -> tuple[str, str]:
        """Return the code and the explanation of an exercise's solution. Raise `KeyError` if it has none."""
        code = [cell.source for cell in self.cells if cell.metadata.get("exercise") == exercise]
        text = [cell.source for cell in self.cells if cell.metadata.get("solution") == exercise]
        if not code:
            raise KeyError(exercise)
        return ANSWER.sub(lambda found: found["solution"], code[0]), "\n\n".join(text)


def sources() -> list[LessonSource]:
    """Return the source of every lesson, in the order of the course."""
    return [read(each.folder) for each in lessons()]


def read(folder: Path) -> LessonSource:
    """Read the source in a lesson's folder.

    Raise `SourceError` if a marker has no partner, an answer cell no exercise, or a question no text.
    """
    info = read_info(folder)
    source = LessonSource(info, deepcopy(_cells((folder / SOURCE).read_text(encoding="utf-8"))))
    for number, cell in enumerate(source.cells, 1):
        where = f"{info.name}, cell {number}"
        answers = len(ANSWER.findall(cell.source))
        if cell.source.count("### BEGIN") != 2 * answers or cell.source.count("### END") != answers:
            raise SourceError(f"{where}: a ### BEGIN or ### END without its partner")
        if cell.cell_type == "code" and bool(answers) != ("exercise" in cell.metadata):
            raise SourceError(f"{where}: an answer cell needs `exercise:`, and only that")
        cell["source"] = filled(QUESTION.sub(partial(_asked, info, where), cell.source))
    for name, times in Counter(source.exercises).items():
        if times > 1:
            raise SourceError(f"{info.name}: exercise {name!r} has {times} answer cells")
    return source


@cache  # a build reads the same text several times, to compare
def _cells(text: str) -> list[NotebookNode]:
    found: list[NotebookNode] = jupytext.reads(text, fmt="md:myst").cells
    return found


def _asked(info: LessonInfo, where: str, found: re.Match[str]) -> str:
    """Return a question with its options, or the options alone, as Markdown."""
    text = texts(info.name).get(found["name"], {})
    if "options" not in text:
        raise SourceError(f"{where}: no question {found['name']!r} in texts.toml")
    options = "\n".join(f"- **{letter}** {option}" for letter, option in text["options"].items())
    return f"{text['question']}\n\n{options}" if found["what"] == "question" else options
