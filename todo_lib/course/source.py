"""Read a lesson's one source and turn it into its editions.

A source is a MyST Markdown notebook, `notebooks/source/NN_name.md`, and holds the solved lesson. An answer
cell carries the solution, and in comments the stub that takes its place for the learner:

    ### BEGIN SOLUTION
    await session.commit()
    ### BEGIN STUB
    # ____
    ### END SOLUTION

Its metadata says which exercise it answers (`exercise: add`). A Markdown cell with `solution: add`
explains that solution; the learner's edition leaves it out, and `q.add.solution()` shows it.
"""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jupytext
from nbformat import NotebookNode, v4

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SOURCES = NOTEBOOKS / "source"

Edition = Literal["learner", "solved"]

ANSWER = re.compile(
    r"^[ \t]*### BEGIN SOLUTION\n(?P<solution>.*?)"
    r"^[ \t]*### BEGIN STUB\n(?P<stub>.*?)"
    r"^[ \t]*### END SOLUTION(?:\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
COMMENT = re.compile(r"^([ \t]*)# ?", re.MULTILINE)


class SourceError(ValueError):
    """A source that cannot be built: the message names the file, the cell and the mistake."""


@dataclass(frozen=True)
class Lesson:
    """One source, read."""

    path: Path
    cells: list[NotebookNode]
    metadata: dict[str, Any]
    """What the front matter says under `lesson`: title, minutes."""

    @property
    def number(self) -> str:
        """Return the lesson's two digits."""
        return self.path.stem[:2]

    @property
    def exercises(self) -> list[str]:
        """Return the names of the exercises that have an answer cell, in order."""
        return [cell.metadata.exercise for cell in self.cells if "exercise" in cell.metadata]

    def notebook(self, edition: Edition) -> NotebookNode:
        """Return the lesson as a notebook that has not been run."""
        cells = [
            _edited(cell, edition)
            for cell in self.cells
            if edition == "solved" or "solution" not in cell.metadata
        ]
        _set_ids(cells, self.number)
        return v4.new_notebook(
            cells=cells,
            metadata={
                "kernelspec": {
                    "display_name": "Python 3 (ipykernel)",
                    "language": "python",
                    "name": "python3",
                },
                "language_info": {"name": "python"},
                "todo_lab": {"edition": edition, "source": f"source/{self.path.name}"},
            },
        )

    def solution(self, exercise: str) -> tuple[str, str]:
        """Return the code and the explanation of an exercise's solution. Raise `KeyError` if it has none."""
        code = [cell.source for cell in self.cells if cell.metadata.get("exercise") == exercise]
        text = [cell.source for cell in self.cells if cell.metadata.get("solution") == exercise]
        if not code:
            raise KeyError(exercise)
        return ANSWER.sub(lambda found: found["solution"], code[0]), "\n\n".join(text)


def read(path: Path) -> Lesson:
    """Read a source. Raise `SourceError` if a marker has no partner or an answer cell no exercise."""
    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
    lesson = Lesson(path, notebook.cells, dict(notebook.metadata.get("lesson", {})))
    for number, cell in enumerate(lesson.cells, 1):
        answers = len(ANSWER.findall(cell.source))
        if cell.source.count("### BEGIN") != 2 * answers or cell.source.count("### END") != answers:
            raise SourceError(f"{path.name}, cell {number}: a ### BEGIN or ### END without its partner")
        if cell.cell_type == "code" and bool(answers) != ("exercise" in cell.metadata):
            raise SourceError(f"{path.name}, cell {number}: an answer cell needs `exercise:`, and only that")
    for name, times in Counter(lesson.exercises).items():
        if times > 1:
            raise SourceError(f"{path.name}: exercise {name!r} has {times} answer cells")
    return lesson


def sources() -> list[Path]:
    """Return the path of every source, in the order of the course. Raise `SourceError` if there is none."""
    paths = sorted(SOURCES.glob("[0-9][0-9]_*.md"))
    if not paths:
        raise SourceError(f"no lesson in {SOURCES}")
    return paths


def find(number: str) -> Path:
    """Return the path of the source of lesson `number`. Raise `SourceError` if there is not exactly one."""
    paths = [path for path in sources() if path.stem.startswith(f"{number}_")]
    if len(paths) != 1:
        raise SourceError(f"{len(paths)} sources for lesson {number!r}")
    return paths[0]


def _edited(cell: NotebookNode, edition: Edition) -> NotebookNode:
    text = cell.source
    if edition == "solved":
        text = ANSWER.sub(lambda found: found["solution"], text)
    else:
        text = ANSWER.sub(lambda found: COMMENT.sub(r"\1", found["stub"]), text)
    new = v4.new_code_cell if cell.cell_type == "code" else v4.new_markdown_cell
    metadata = {key: value for key, value in cell.metadata.items() if key != "solution"}
    if "varies" in metadata:  # the reason stands in the metadata; the tag is what nbval understands
        metadata["tags"] = [*metadata.get("tags", []), "nbval-ignore-output"]
    return new(text.rstrip("\n"), metadata=metadata)


def _set_ids(cells: list[NotebookNode], number: str) -> None:
    """Give each cell an id that depends on its text only, so that an edit elsewhere leaves it alone."""
    seen: Counter[str] = Counter()
    for cell in cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        cell["id"] = f"{number}-{digest}-{seen[digest]}"
        seen[digest] += 1
