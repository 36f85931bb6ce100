"""What does the watcher cost? `python -m tests.bench.watcher`.

A million coroutines in a cell, thrown away or awaited, in a kernel with the lab and in one without.
"""

import statistics

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from tests.bench.http import machine

COROUTINES = 1_000_000
ROUNDS = 3
SETUP = """
import asyncio, time

async def work():
    pass

async def pause():
    await asyncio.sleep(0)
"""
LINES = {
    "thrown away": "work()",
    "awaited, nothing to do": "await work()",
    "awaited, gives way once": "await pause()",
}


def seconds(first_line: str) -> dict[str, float]:
    """Return how long each line takes, a million times in a cell of a fresh kernel, until the next cell."""
    cells = [new_code_cell(f"{first_line}\n{SETUP}")]
    for line in LINES.values():
        cells += [
            new_code_cell("began = time.perf_counter()"),
            new_code_cell(f"for _ in range({COROUTINES}):\n    {line}"),
            new_code_cell("print(time.perf_counter() - began)"),
        ]
    NotebookClient(new_notebook(cells=cells), timeout=600).execute()
    return {name: float(cell.outputs[0].text) for name, cell in zip(LINES, cells[3::3], strict=True)}


def main() -> None:
    """Print a table: the kernels take turns."""
    rounds = [(seconds(""), seconds("%load_ext todo_lib.lab")) for _ in range(ROUNDS)]
    print(f"{machine()}; a cell with {COROUTINES:,} coroutines, median of {ROUNDS}\n")
    print("| coroutines | s without | s with the lab | times |\n|---|---:|---:|---:|")
    for name in LINES:
        plain, watched = (statistics.median(each[way][name] for each in rounds) for way in (0, 1))
        print(f"| {name} | {plain:.2f} | {watched:.2f} | {watched / plain:.1f} |")


if __name__ == "__main__":
    main()
