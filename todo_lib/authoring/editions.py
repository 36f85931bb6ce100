"""Make a notebook of a lesson's source, in one of two editions: the learner's with stubs, the solved one.

What can be generated is not typed: the header, the map of the course, the links to the neighbours.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Literal

from nbformat import NotebookNode, v4

from todo_lib.course.source import ANSWER, LessonSource
from todo_lib.course.syllabus import LessonInfo, filled, lessons

Edition = Literal["learner", "solved"]
EDITIONS: tuple[Edition, ...] = ("learner", "solved")
COMMENT = re.compile(r"^([ \t]*)# ?", re.MULTILINE)
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
# nbval compares an output unless a cell has this tag; the reason stands in the cell's `varies`.
VARIES = "nbval-ignore-output"
# JupyterLab shows what is stored only when the cell is run. The solved edition is there to be read.
HIDDEN = {"jupyter": {"outputs_hidden": True}}


def notebook(source: LessonSource, edition: Edition, stored: NotebookNode | None = None) -> NotebookNode:
    """Return the lesson as a notebook that has not been run; cells keep the ids they have in `stored`."""
    cells = [
        _edited(cell, edition)
        for cell in source.cells
        if edition == "solved" or "solution" not in cell.metadata
    ]
    _put_on_top(cells, header(source.info))
    _put_at_end(cells, footer(source.info))
    _set_ids(cells, stored.cells if stored else [])
    made: NotebookNode = v4.new_notebook(
        cells=cells,
        metadata={
            "kernelspec": KERNEL,
            "language_info": {"name": "python"},
            "todo_lab": {"edition": edition, "lesson": source.info.name},
        },
    )
    return made


def header(info: LessonInfo) -> str:
    """Return what a lesson opens with: title, idea, objectives, prerequisites, minutes, a map of its part."""
    stops = [
        each.stop if each != info else f"**{each.stop}**" for each in lessons() if each.part == info.part
    ]
    rows = {
        "After this lesson you can": info.objectives,
        "You need": info.prerequisites,
        "Time": f"{info.minutes} minutes",
        "Where we are": " → ".join(stops),
    }
    table = "\n".join(f"| **{name}** | {filled(text)} |" for name, text in rows.items())
    return f"# {info.number} · {info.title}\n\n**{filled(info.idea)}**\n\n| | |\n|---|---|\n{table}"


def footer(info: LessonInfo) -> str:
    """Return the links to the lessons before and after."""
    course = lessons()
    place = course.index(info)
    neighbours = {
        "Previous": course[place - 1 : place] if place else (),
        "Next": course[place + 1 : place + 2],
    }
    return " · ".join(
        f"{word}: [{each.number} · {each.title}]({each.notebook})"
        for word, found in neighbours.items()
        for each in found
    )


def _put_on_top(cells: list[NotebookNode], text: str) -> None:
    """Begin the notebook with this text: in its first cell, or in one of its own before a heading or code."""
    first = cells[0]
    if first.cell_type == "markdown" and not first.source.startswith("#"):
        first["source"] = f"{text}\n\n{first.source}"
    else:
        cells.insert(0, v4.new_markdown_cell(text))


def _put_at_end(cells: list[NotebookNode], text: str) -> None:
    """End the notebook with this text: in its last cell, or in one of its own behind code."""
    if cells[-1].cell_type == "markdown":
        cells[-1]["source"] += f"\n\n{text}"
    else:
        cells.append(v4.new_markdown_cell(text))


def _edited(cell: NotebookNode, edition: Edition) -> NotebookNode:
    text = cell.source
    if edition == "solved":
        text = ANSWER.sub(lambda found: found["solution"], text)
    else:
        text = ANSWER.sub(lambda found: COMMENT.sub(r"\1", found["stub"]), text)
    new: Callable[..., NotebookNode] = v4.new_code_cell if cell.cell_type == "code" else v4.new_markdown_cell
    metadata = {key: value for key, value in cell.metadata.items() if key != "solution"}
    if "varies" in metadata:
        metadata["tags"] = [*metadata.get("tags", []), VARIES]
    if edition == "learner" and cell.cell_type == "code":
        metadata |= HIDDEN
    return new(text.rstrip("\n"), metadata=metadata)


def _set_ids(cells: list[NotebookNode], stored: list[NotebookNode]) -> None:
    """Give each cell the id of the stored cell that it is, or was before an edit.

    A new cell gets a new one.
    """
    old, new = ([(cell.cell_type, cell.source) for cell in each] for each in (stored, cells))
    ids: dict[int, str] = {}
    for _, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for place, cell in zip(range(start, end), stored[first:last], strict=False):
            if cells[place].cell_type == cell.cell_type:
                ids[place] = cell.id
    taken = Counter(ids.values())
    for place, cell in enumerate(cells):
        if place not in ids:
            digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
            ids[place] = digest if digest not in taken else f"{digest}-{taken[digest]}"
            taken[digest] += 1
        cell["id"] = ids[place]
