"""Build the notebooks from the lessons: `python -m todo_lib.authoring.build` (or `make notebooks`).

A notebook is executed from a fresh kernel and stored with its outputs. Building it again gives the same
bytes; only a cell that says why it may vary (`varies: …`) keeps the output that is stored already. Where no
code cell and no question has changed, the stored outputs serve again, and no kernel is started.

The solved edition is no file of its own: `solved.json` in a lesson's folder holds what its cells must show.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from todo_lib.authoring import readme
from todo_lib.authoring.editions import Edition, notebook
from todo_lib.course.migration.project import LAST, REPOSITORY, files_after
from todo_lib.course.migration.workspace import NAME
from todo_lib.course.source import LessonSource, read, sources
from todo_lib.course.syllabus import SyllabusError, by_number
from todo_lib.course.texts import texts
from todo_lib.lab.testing.projects import write_project

NOTEBOOKS = REPOSITORY / "notebooks"
BUILD = REPOSITORY / "build"  # git ignores it
EXPECTED = "solved.json"
CELL_TIMEOUT = 60  # seconds
# JupyterLab shows the first line of the first output in the place of those that it hides. This one has
# none; where outputs are not hidden, nobody sees it.
CURTAIN = nbformat.from_dict({"output_type": "display_data", "data": {}, "metadata": {}})
# What may not stand in a stored output: it would differ on the next machine or in the next run.
NOISE = re.compile(r"\b0x[0-9a-f]{6,}|/tmp/|/home/|/root/|/Users/|[A-Z]:\\\\|ipykernel_\d+")


class StaleNotebookError(RuntimeError):
    """A committed notebook that is not what its source says."""


def build(source: LessonSource, folder: Path = NOTEBOOKS) -> Path:
    """Write the learner's edition of a lesson into `folder`, run if need be; return the file's path.

    Raise `nbclient.exceptions.CellExecutionError` if a cell fails that is not tagged `raises-exception`,
    and `RuntimeError` if an output holds something that will not be the same next time.
    """
    path = folder / source.info.notebook
    stored = stored_notebook(source, folder)
    made = notebook(source, "learner", stored)
    made.metadata.todo_lab["shown"] = shown(source, "learner")
    if stored and stored.metadata.todo_lab.get("shown") == made.metadata.todo_lab["shown"]:
        _take_outputs(made, {cell.id: cell for cell in stored.cells})
    else:
        execute(made, folder)
        if stored:
            _keep_what_varies(made, stored)
    _draw_curtains(made)
    _refuse_noise(made, path.name)
    nbformat.write(made, path)
    for other in _stored_files(source, folder):
        if other != path:
            other.unlink()
    return path


def build_solved(source: LessonSource, folder: Path) -> None:
    """Run the solved edition in `folder` and keep what it shows in the lesson's `solved.json`."""
    made = notebook(source, "solved")
    execute(made, folder)
    _refuse_noise(made, f"{source.info.name}, solved edition")
    kept = {"shown": shown(source, "solved"), "outputs": [_as_text(cell) for cell in _code(made)]}
    text = json.dumps(kept, ensure_ascii=False, indent=1)
    (source.info.folder / EXPECTED).write_text(f"{text}\n", encoding="utf-8")


def write_solved(source: LessonSource, folder: Path) -> Path:
    """Write the solved edition, with the outputs that it must show, into `folder`; nothing is run."""
    made = notebook(source, "solved")
    expected = json.loads((source.info.folder / EXPECTED).read_text(encoding="utf-8"))
    for number, (cell, outputs) in enumerate(zip(_code(made), expected["outputs"], strict=True), 1):
        cell["outputs"] = [nbformat.from_dict(output) for output in outputs]
        cell["execution_count"] = number
    path = folder / source.info.notebook
    nbformat.write(made, path)
    return path


def write_all_solved(folder: Path) -> None:
    """Write the solved edition of every lesson into `folder`, and the finished project beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.ipynb"):
        path.unlink()
    write_project(folder / NAME, files_after(LAST))  # what the checks of the learner's own files look at
    for source in sources():
        write_solved(source, folder)


def execute(made: NotebookNode, folder: Path) -> None:
    """Run a notebook from a fresh kernel, which works in `folder`."""
    client = NotebookClient(
        made,
        timeout=CELL_TIMEOUT,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        coalesce_streams=True,
    )
    client.execute(env={**os.environ, "TODO_LAB_STRICT": "1"})
    # nbclient notes the version of the Python it found; the notebook runs on any.
    made.metadata.language_info = {"name": "python"}


def shown(source: LessonSource, edition: Edition) -> str:
    """Return a digest of what a lesson's outputs depend on: its code cells, its questions."""
    code = [[cell.source, cell.metadata] for cell in _code(notebook(source, edition))]
    questions = {name: text for name, text in texts(source.info.name).items() if "hints" not in text}
    hints = texts(source.info.name) if any(".hint(" in cell[0] for cell in code) else {}
    return hashlib.sha256(json.dumps([code, questions, hints]).encode()).hexdigest()[:16]


def stored_notebook(source: LessonSource, folder: Path = NOTEBOOKS) -> NotebookNode | None:
    """Return the notebook of this lesson as it was built last, also under another number; or None."""
    found = _stored_files(source, folder)
    return nbformat.read(found[0], as_version=4) if found else None


def _stored_files(source: LessonSource, folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(
            folder.glob("[0-9][0-9]_*.ipynb"), key=lambda each: each.name != source.info.notebook
        )
        if path.stem.partition("_")[2] == source.info.name
    ]


def why_stale(source: LessonSource, folder: Path = NOTEBOOKS) -> str | None:
    """Return why what is committed is not what a lesson's source says, or None if it is.

    This compares cells and metadata. Whether the outputs are still true, nbval finds out.
    """
    path = folder / source.info.notebook
    if not path.exists():
        return f"{path.name} does not exist"
    stored = nbformat.read(path, as_version=4)
    wanted = notebook(source, "learner", stored)
    wanted.metadata.todo_lab["shown"] = shown(source, "learner")
    if _without_results(stored) != _without_results(wanted):
        return f"{path.name} differs from lessons/{source.info.name}"
    if _solved_is_stale(source):
        return f"lessons/{source.info.name}/{EXPECTED} differs from its lesson"
    unrun = [cell.id for cell in _code(stored) if cell.execution_count is None]
    return f"{path.name} was stored without having been run: cell {unrun[0]}" if unrun else None


def _solved_is_stale(source: LessonSource) -> bool:
    file = source.info.folder / EXPECTED
    return not file.exists() or json.loads(file.read_text("utf-8"))["shown"] != shown(source, "solved")


def refuse_stale(folder: Path = NOTEBOOKS) -> None:
    """Raise `StaleNotebookError` naming all that is derived and stale, and each notebook without a source."""
    found = sources()
    problems = [problem for source in found if (problem := why_stale(source, folder))]
    known = {source.info.notebook for source in found}
    problems += [f"{path.name} has no source" for path in folder.glob("*.ipynb") if path.name not in known]
    problems += ["the table of lessons in README.md differs"] if readme.is_stale() else []
    if problems:
        raise StaleNotebookError("; ".join(problems) + ". Run: make notebooks")


def _code(made: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in made.cells if cell.cell_type == "code"]


def _take_outputs(made: NotebookNode, stored: dict[str, NotebookNode]) -> None:
    for cell in _code(made):
        cell["outputs"] = stored[cell.id].outputs
        cell["execution_count"] = stored[cell.id].execution_count


def _as_text(cell: NotebookNode) -> list[dict[str, Any]]:
    """Return a cell's outputs as text only; of one that varies none, for they are not compared."""
    kept = []
    for output in cell.outputs if "varies" not in cell.metadata else ():
        if "data" in output:
            output["data"] = {kind: data for kind, data in output.data.items() if kind == "text/plain"}
        if output.output_type == "error":
            output["traceback"] = []
        kept.append(output)
    return kept


def _without_results(made: NotebookNode) -> tuple[object, ...]:
    cells = [(cell.id, cell.cell_type, cell.source, dict(cell.metadata)) for cell in made.cells]
    return cells, dict(made.metadata)


def _keep_what_varies(made: NotebookNode, stored: NotebookNode) -> None:
    outputs = {cell.id: cell.outputs for cell in stored.cells if cell.get("outputs")}
    for cell in made.cells:
        if "varies" in cell.metadata:
            cell.outputs = outputs.get(cell.id, cell.outputs)


def _draw_curtains(made: NotebookNode) -> None:
    for cell in _code(made):
        if cell.outputs and cell.outputs[0] != CURTAIN:
            cell.outputs.insert(0, CURTAIN)


def _refuse_noise(made: NotebookNode, name: str) -> None:
    for cell in made.cells:
        found = NOISE.search(str(cell.get("outputs", "")))
        if found:
            raise RuntimeError(f"{name}, cell {cell.id}: the output holds {found[0]!r}:\n{cell.source}")


def update(found: list[LessonSource], everything: bool) -> None:
    """Build what is stale of these lessons, or all of them: notebooks, expected outputs, README's table."""
    stale = [source for source in found if everything or why_stale(source)]
    BUILD.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="solved-", dir=BUILD) as folder,
        click.progressbar(
            stale, label=f"{len(stale)} to build", item_show_func=lambda source: source and source.info.name,
            file=sys.stderr,
        ) as bar,
    ):  # fmt: skip
        for source in bar:
            if everything:
                for path in _stored_files(source, NOTEBOOKS):
                    forget(path)
            build(source)
            if everything or _solved_is_stale(source):
                write_project(Path(folder, NAME), files_after(LAST))
                build_solved(source, Path(folder))
    readme.update()


def forget(path: Path) -> None:
    """Let a stored notebook's outputs not serve again."""
    stored = nbformat.read(path, as_version=4)
    stored.metadata.todo_lab.pop("shown", None)
    nbformat.write(stored, path)


def main() -> None:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(description="Build the course's notebooks from their lessons.")
    parser.add_argument("--all", action="store_true", help="run every notebook, not only what changed")
    parser.add_argument("--lesson", metavar="NN", help="only the lesson with this number")
    parser.add_argument(
        "--solved", type=Path, metavar="FOLDER", help="write the solved edition there instead"
    )
    parser.add_argument("--check", action="store_true", help="build nothing; fail if something is stale")
    options = parser.parse_args()
    if options.check:
        refuse_stale()
    elif options.solved:
        write_all_solved(options.solved)
    else:
        try:
            found = [read(by_number(options.lesson).folder)] if options.lesson else sources()
        except SyllabusError as error:
            sys.exit(str(error))
        update(found, options.all)


if __name__ == "__main__":
    main()
