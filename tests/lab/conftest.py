"""What the tests of the lab share."""

from pathlib import Path

import pytest

from tests.lab.provoke.sandbox import Sandbox


@pytest.fixture
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Sandbox:
    """Give a provoker its fresh things."""
    return Sandbox(tmp_path, lambda: request.getfixturevalue("postgres_server"))
