"""Build the notebooks from their sources: `python -m todo_lib.course.build` (or `make notebooks`).

A notebook is executed from a fresh kernel and stored with its outputs. Building it again gives the same
bytes; only a cell that says why it may vary (`varies: …`) keeps the output that is stored already.
"""

import argparse
import os
import re
import sys
from pathlib import Path

import click
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from todo_lib.course.source import NOTEBOOKS, Edition, Lesson, read, sources
from todo_lib.lab import workspace
from todo_lib.lab.project import files_after, lay

CELL_TIMEOUT = 60  # seconds
# What may not stand in a stored output: it would differ on the next machine or in the next run.
NOISE = re.compile(r"\b0x[0-9a-f]{6,}|/tmp/|/home/|/root/|/Users/|[A-Z]:\\\\|ipykernel_\d+")


class StaleNotebookError(RuntimeError):
    """A committed notebook that is not what its source says."""


def build(lesson: Lesson, edition: Edition, folder: Path) -> Path:
    """Execute one edition of a lesson and write it into `folder`; return the file's path.

    Raise `nbclient.exceptions.CellExecutionError` if a cell fails that is not tagged `raises-exception`,
    and `RuntimeError` if an output holds something that will not be the same next time.
    """
    path = folder / f"{lesson.path.stem}.ipynb"
    notebook = lesson.notebook(edition)
    environment = {**os.environ, "TODO_LAB_STRICT": "1"}
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        coalesce_streams=True,
    )
    client.execute(env=environment)
    # nbclient notes the version of the Python it found; the notebook runs on any.
    notebook.metadata.language_info = {"name": "python"}
    if path.exists():
        _keep_what_varies(notebook, nbformat.read(path, as_version=4))
    _refuse_noise(notebook, path.name)
    nbformat.write(notebook, path)
    return path


def is_stale(lesson: Lesson, folder: Path = NOTEBOOKS) -> str | None:
    """Return why the committed notebook is not what its source says, or None if it is.

    This compares cells and metadata. Whether the outputs are still true, nbval finds out.
    """
    path = folder / f"{lesson.path.stem}.ipynb"
    if not path.exists():
        return f"{path.name} does not exist"
    stored, wanted = nbformat.read(path, as_version=4), lesson.notebook("learner")
    if _without_results(stored) != _without_results(wanted):
        return f"{path.name} differs from source/{lesson.path.name}"
    unrun = [cell.id for cell in stored.cells if cell.cell_type == "code" and cell.execution_count is None]
    return f"{path.name} was stored without having been run: cell {unrun[0]}" if unrun else None


def refuse_stale(folder: Path = NOTEBOOKS) -> None:
    """Raise `StaleNotebookError` naming every stale notebook, and every notebook without a source."""
    lessons = [read(path) for path in sources()]
    problems = [problem for lesson in lessons if (problem := is_stale(lesson, folder))]
    known = {lesson.path.stem for lesson in lessons}
    problems += [f"{path.name} has no source" for path in folder.glob("*.ipynb") if path.stem not in known]
    if problems:
        raise StaleNotebookError("; ".join(problems) + ". Run: make notebooks")


def _without_results(notebook: NotebookNode) -> tuple[object, ...]:
    cells = [(cell.id, cell.cell_type, cell.source, dict(cell.metadata)) for cell in notebook.cells]
    return cells, dict(notebook.metadata)


def _keep_what_varies(notebook: NotebookNode, stored: NotebookNode) -> None:
    outputs = {cell.id: cell.outputs for cell in stored.cells if cell.get("outputs")}
    for cell in notebook.cells:
        if "varies" in cell.metadata:
            cell.outputs = outputs.get(cell.id, cell.outputs)


def _refuse_noise(notebook: NotebookNode, name: str) -> None:
    for cell in notebook.cells:
        found = NOISE.search(str(cell.get("outputs", "")))
        if found:
            raise RuntimeError(f"{name}, cell {cell.id}: the output holds {found[0]!r}:\n{cell.source}")


def main() -> None:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(description="Build the course's notebooks from their sources.")
    parser.add_argument("--all", action="store_true", help="build every notebook, not only what changed")
    parser.add_argument(
        "--solved", type=Path, metavar="FOLDER", help="build the solved edition there instead"
    )
    parser.add_argument("--check", action="store_true", help="build nothing; fail if a notebook is stale")
    options = parser.parse_args()
    if options.check:
        refuse_stale()
        return
    lessons = [read(path) for path in sources()]
    folder, edition = NOTEBOOKS, "learner"
    if options.solved:
        folder, edition = options.solved, "solved"
        lay(folder / workspace.NAME, files_after("08"))  # what the checks of the learner's own files look at
    elif not options.all:
        lessons = [lesson for lesson in lessons if is_stale(lesson)]
    with click.progressbar(
        lessons, label=f"{len(lessons)} to build", item_show_func=lambda lesson: lesson and lesson.path.stem,
        file=sys.stderr,
    ) as bar:  # fmt: skip
        for lesson in bar:
            build(lesson, edition, folder)


if __name__ == "__main__":
    main()
