"""Tests of the course's own that a check puts into a learner's project.

They are text here: nothing imports them. In the project they have a folder of their own, where nothing of the
learner's has the same name.
"""

from pathlib import Path

PLACE = "tests/probes"


def probe(*names: str) -> dict[str, str]:
    """Return the files of these names, to put into a project."""
    files = {name: Path(__file__).with_name(name).read_text(encoding="utf-8") for name in names}
    return {f"{PLACE}/{name}": text for name, text in {"__init__.py": "", **files}.items()}


def tests_in(name: str, *tests: str) -> tuple[str, ...]:
    """Return what pytest selects: these tests of that file, or the whole file if none is named."""
    return tuple(f"{PLACE}/{name}::{test}" for test in tests) or (f"{PLACE}/{name}",)
