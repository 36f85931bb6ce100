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
    """Return the median time of each line, a million times in a cell; with what happens after the cell."""
    setup = new_code_cell(f"{first_line}\n{SETUP}")
    starts = [new_code_cell("began = time.perf_counter()") for _ in range(ROUNDS * len(LINES))]
    loops = [
        new_code_cell(f"for _ in range({COROUTINES}):\n    {line}")
        for line in LINES.values()
        for _ in range(ROUNDS)
    ]
    ends = [new_code_cell("print(time.perf_counter() - began)") for _ in loops]
    triples = zip(starts, loops, ends, strict=True)
    notebook = new_notebook(cells=[setup, *(cell for triple in triples for cell in triple)])
    NotebookClient(notebook, timeout=600).execute()
    times = [float(cell.outputs[0].text) for cell in ends]
    return {
        name: statistics.median(times[number * ROUNDS : (number + 1) * ROUNDS])
        for number, name in enumerate(LINES)
    }


def main() -> None:
    """Print a table."""
    without, with_lab = seconds(""), seconds("%load_ext todo_lib.lab")
    print(f"{machine()}; a cell with {COROUTINES:,} coroutines, median of {ROUNDS}\n")
    print("| coroutines | s without | s with the lab | times |\n|---|---:|---:|---:|")
    for name, plain in without.items():
        print(f"| {name} | {plain:.2f} | {with_lab[name]:.2f} | {with_lab[name] / plain:.1f} |")


if __name__ == "__main__":
    main()
