"""Every notebook through nbval and the gate, with outputs compared: see `todo_lib/course/validate.py`."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from todo_lib.course.validate import EDITIONS

PATIENCE = 900  # seconds, for all lessons of an edition


@pytest.mark.usefixtures("warm_runner")
@pytest.mark.parametrize("edition", EDITIONS)
def test_every_notebook_is_true(edition: str, record_property: Callable[[str, object], None]) -> None:
    """In a process of its own: nbval's options must not meet these tests'."""
    command = [sys.executable, "-m", "todo_lib.course.validate", edition]
    ran = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False)
    assert ran.returncode == 0, f"{ran.stdout[-20_000:]}\n{ran.stderr[-2_000:]}"
    record_property("proven", f"{edition} edition: {ran.stdout.splitlines()[-1]}")
