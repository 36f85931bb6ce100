"""The checks of every lesson may be run out of order. What else learners do is tried in `test_browser.py`."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from todo_lib.authoring.build import NOTEBOOKS
from todo_lib.authoring.editions import notebook
from todo_lib.course.source import sources

TIMEOUT = 60  # seconds for a cell
LESSONS = {source.info.name: source for source in sources()}


class Kernel:
    """A kernel that runs the cells of a notebook and tells which errors came unasked."""

    def __init__(self) -> None:
        self.manager = KernelManager(kernel_name="python3")
        environment = {name: value for name, value in os.environ.items() if name != "TODO_LAB_STRICT"}
        self.manager.start_kernel(cwd=str(NOTEBOOKS), env=environment, extra_arguments=["--log-level=ERROR"])
        self._connect()

    def _connect(self) -> None:
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT)

    def run(self, cell: Any) -> list[str]:
        """Run a cell; return its errors, and all that it shows, in one list."""
        shown: list[str] = []

        def note(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "error":
                shown.append(f"error: {content['ename']}: {content['evalue']}")
            elif message["msg_type"] in {"execute_result", "display_data"}:
                shown.append(content["data"].get("text/plain", ""))

        self.client.execute_interactive(cell.source, timeout=TIMEOUT, output_hook=note)
        return shown

    def unasked(self, cells: list[Any]) -> list[str]:
        """Run cells; return the errors of those that must not have any."""
        return [
            f"{shown}\n{cell.source}"
            for cell in cells
            for shown in self.run(cell)
            if shown.startswith("error: ") and "raises-exception" not in cell.metadata.get("tags", [])
        ]

    def stop(self) -> None:
        """End it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    """Give a test a kernel of its own."""
    kernel = Kernel()
    yield kernel
    kernel.stop()


def code_cells(lesson: str) -> list[Any]:
    """Return the code cells of a lesson as a learner finds them."""
    return [cell for cell in notebook(LESSONS[lesson], "learner").cells if cell.cell_type == "code"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_checks_out_of_order(kernel: Kernel, lesson: str) -> None:
    """A check before its answer says what to do; after the answers, checks may come in any order."""
    cells = code_cells(lesson)
    begin = 1 + next(number for number, cell in enumerate(cells) if cell.source.startswith("%load_ext"))
    set_up, others = cells[:begin], cells[begin:]
    assert kernel.unasked(set_up) == []
    checks = [cell for cell in others if ".check(" in cell.source and "exercise" not in cell.metadata]
    assert checks
    for cell in checks:
        shown = kernel.run(cell)
        if any(each.startswith("error: ") for each in shown):
            assert shown[0].startswith("error: NameError"), shown
            assert "Run the cells above" in "\n".join(shown), shown
    for cell in others:
        if "exercise" in cell.metadata:
            kernel.run(cell)
    for cell in reversed(checks):
        shown = "\n".join(kernel.run(cell))
        assert "error: " not in shown, shown
        assert "not started" in shown, shown


def test_an_error_is_noticed(kernel: Kernel) -> None:
    """What these tests look for, they see."""
    cells = code_cells("first_awaits")[:1]
    cells[0]["source"] += "\nraise OSError('unasked')"
    assert "unasked" in kernel.unasked(cells)[0]
