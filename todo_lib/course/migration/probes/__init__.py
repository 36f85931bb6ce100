"""Tests of the course's own that a check puts into a learner's project.

They are text here: nothing imports them.
"""

from pathlib import Path


def probe(name: str) -> dict[str, str]:
    """Return the file `tests/NAME` to put into a project."""
    return {f"tests/{name}": Path(__file__).with_name(name).read_text(encoding="utf-8")}
