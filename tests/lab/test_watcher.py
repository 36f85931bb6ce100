"""The watcher in a real kernel: it changes nothing, says each thing once, and names the cause."""

import re

import nbformat
import pytest
from nbclient import NotebookClient

from .watching import SETUP
from .watching.handed_over import CALLED_BY_OTHERS
from .watching.observes import FILTERS, KEPT, TASKS
from .watching.shows import GROUPS, OPEN, RESET
from .watching.tells import ONE_NOTE, PANELS

SCENES = {
    f"{theme}: {name}": scene
    for theme, scenes in {
        "kept": KEPT,
        "filters": FILTERS,
        "tasks": TASKS,
        "one note": ONE_NOTE,
        "called by others": CALLED_BY_OTHERS,
        "panels": PANELS,
        "groups": GROUPS,
        "open": OPEN,
        "reset": RESET,
    }.items()
    for name, scene in scenes.items()
}


@pytest.fixture(scope="module")
def shown() -> dict[str, list[str]]:
    """Run all scenes in one kernel; return what their cells showed."""
    cells = {
        name: [nbformat.v4.new_code_cell(each) for each in scene.cells] for name, scene in SCENES.items()
    }
    every = [nbformat.v4.new_code_cell(SETUP), *(cell for scene in cells.values() for cell in scene)]
    client = NotebookClient(nbformat.v4.new_notebook(cells=every), timeout=60, allow_errors=True)
    client.execute()
    assert not every[0].outputs
    return {name: [_text(cell) for cell in scene] for name, scene in cells.items()}


def _text(cell: nbformat.NotebookNode) -> str:
    text = "\n".join(
        output.get("text")
        or output.get("data", {}).get("text/plain")
        or "\n".join(output.get("traceback", []))
        for output in cell.outputs
    )
    return re.sub(r"\x1b\[[\d;]*m", "", text)


@pytest.mark.parametrize("name", SCENES)
def test_what_a_learner_reads(shown: dict[str, list[str]], name: str) -> None:
    """Each scene shows what it must, hides what would be wrong, and makes so many notes."""
    scene = SCENES[name]
    for words in scene.shows:
        assert words in shown[name][-1]
    for words in scene.hides:
        assert words not in shown[name][-1]
    if scene.notes is not None:
        assert "\n".join(shown[name]).count("! not awaited") == scene.notes
