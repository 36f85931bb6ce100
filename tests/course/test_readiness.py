"""`preflight()`: a machine that is ready, and every way in which one is not; each is told its one fix."""

import asyncio
import importlib
import importlib.metadata
import importlib.util
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.course.broken_machines import (
    BROKEN,
    Break,
    driver_fails,
    greenlet_broken,
    names_in,
    no_local_port,
    old_sqlite,
    package_missing,
    wants,
)
from todo_lib.course.readiness import preflight
from todo_lib.lab.aio.unawaited import catch_unawaited
from todo_lib.lab.messages import Note

# The package has a function of the module's name, so `import … as` would give that.
module = importlib.import_module("todo_lib.course.readiness")
CHECKS = module.CHECKS


@pytest.fixture(autouse=True)
def _made_with_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment has pip, and conda did not make it, wherever this test runs."""
    monkeypatch.setattr(module, "_is_conda", lambda: False)
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "pip" or find(name))


@pytest.fixture(autouse=True)
def no_socket_is_left_behind() -> Any:
    """Fail the test that leaves a port open."""
    before = set(psutil.Process().net_connections())
    yield
    assert set(psutil.Process().net_connections()) <= before


def failed(note: Note) -> list[str]:
    """Return the lines of what is not ready."""
    return [line for line in note.lines if line.startswith("✗")]


@pytest.mark.asyncio
async def test_a_machine_that_is_ready() -> None:
    """Every check holds, and nothing is shown that differs on the next machine."""
    note = await preflight()
    assert (note.mark, note.title) == ("✓", "this machine is ready")
    assert list(note.lines) == [f"✓ ready: {each.name}" for each in CHECKS]
    assert re.findall(r"\d+\.\d+", repr(note)) == ["3.11", "3.30"], (
        "the bounds, and no version that was found"
    )
    assert "/" not in repr(note)


@pytest.mark.asyncio
@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.__name__)
async def test_what_is_missing_is_named_with_one_fix(
    broken: Break, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The check that notices says what it found and what to do; the others hold, or wait for it."""
    name, found, fix = BROKEN[broken]
    with monkeypatch.context() as patch:
        broken(patch, tmp_path)
        note = await preflight()
        await asyncio.sleep(0.01)  # the loop goes on, as in a kernel, and the last connections close
    line = next(each for each in note.lines if each.startswith("✗"))
    assert line.startswith(f"✗ not ready: {getattr(module, name).name}. Found: ")
    assert found in line
    assert fix in note.lines[note.lines.index(line) + 1]
    assert len(failed(note)) == 1
    assert sum(each.startswith("fix: ") for each in note.lines) == 1
    waiting = sum(each.startswith("– not tried: ") for each in note.lines)
    assert note.title == f"this machine is not ready: {1 + waiting} of {len(CHECKS)}"
    assert note.lines[-1].startswith("Begin with the first fix.")


def test_every_check_has_been_seen_failing() -> None:
    """None that can only say yes."""
    seen = {getattr(module, name).name for name, _, _ in BROKEN.values()} | {module.loop.name}
    assert seen == {each.name for each in CHECKS}


def test_a_cell_that_may_not_await() -> None:
    """Without an event loop, what needs none is tried all the same."""
    steps = preflight().__await__()
    with pytest.raises(StopIteration) as done:
        next(steps)
    note = done.value.value
    assert failed(note) == [f"✗ not ready: {module.loop.name}. Found: RuntimeError: no running event loop"]
    assert "fix: in a cell: `%autoawait asyncio`" in note.lines
    assert f"– not tried: {module.port.name}. It needs what is missing above." in note.lines
    assert f"✓ ready: {module.folder.name}" in note.lines


@pytest.mark.asyncio
async def test_what_needs_something_else_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One fix at a time: a missing package explains why greenlet and the database are not tried."""
    package_missing(monkeypatch, tmp_path)
    note = await preflight()
    for each in (module.greenlets, module.round_trip):
        assert f"– not tried: {each.name}. It needs what is missing above." in note.lines


@pytest.mark.asyncio
async def test_two_things_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each has its own fix."""
    old_sqlite(monkeypatch, tmp_path)
    no_local_port(monkeypatch, tmp_path)
    note = await preflight()
    assert len(failed(note)) == 2
    assert note.title == f"this machine is not ready: 3 of {len(CHECKS)}"  # the third is not tried


@pytest.mark.asyncio
async def test_a_requirement_of_another_system_or_of_the_tests_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A learner needs neither."""
    wants(monkeypatch, "nowhere; sys_platform == 'amiga'", "nothing; extra == 'test'")
    assert (await preflight()).mark == "✓"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("broken", "conda", "uv"),
    [
        (package_missing, "`conda env update --prefix ", "`uv pip install --python "),
        (greenlet_broken, "`conda install --prefix ", "`uv pip install --python "),
    ],
)
async def test_the_fix_fits_the_tool_that_made_the_environment(
    broken: Break, conda: str, uv: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Conda's own command in a conda environment; uv's where there is no pip."""
    broken(monkeypatch, tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert uv in repr(await preflight())
    monkeypatch.undo()
    broken(monkeypatch, tmp_path)
    (tmp_path / "conda-meta").mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert conda in repr(await preflight())


@pytest.mark.asyncio
async def test_no_await_before_preflight() -> None:
    """It says that it has not run, and is reported."""
    with catch_unawaited() as unawaited:
        assert "write `await preflight(…)`" in repr(preflight())
    assert [found.name for found in unawaited] == ["preflight"]


@pytest.mark.asyncio
async def test_nothing_stays_in_the_temporary_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither when all is well nor when the database fails."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    await preflight()
    driver_fails(monkeypatch, tmp_path)
    await preflight()
    assert not names_in(tmp_path)
