"""Checks leave nothing behind, however many a learner runs in one kernel."""

import asyncio
import gc
import os
import tempfile
import threading
from pathlib import Path

import psutil
import pytest

from tests.course.test_exercises import LESSONS, answer_in, exercise_of

RIGHT = LESSONS["first_awaits"].solution("get")[0]
# What leaves most behind: a session that is never closed, and a coroutine that is never awaited.
KEPT = RIGHT.replace("async with self.factory() as session:", "if session := self.factory():")
FORGOTTEN = RIGHT.replace("await session", "session")

CHECKS = 200
WARM_UP = 40  # checks after which caches are full
MEGABYTE = 2**20


@pytest.mark.asyncio
async def test_two_hundred_checks_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file, thread or task more than before, and no memory that grows with every check."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    process, exercise = psutil.Process(), exercise_of("first_awaits", "get")
    before = None
    for number in range(CHECKS):
        code = (RIGHT, KEPT, FORGOTTEN)[number % 3]
        await exercise.check(answer_in(code, f"answer {number}", LESSONS["first_awaits"], "get"))
        if number == WARM_UP:
            gc.collect()
            before = (process.num_fds(), threading.active_count(), process.memory_info().rss)
    gc.collect()
    assert before is not None
    assert process.num_fds() <= before[0]
    assert threading.active_count() <= before[1]
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert os.listdir(tmp_path) == []
    assert process.memory_info().rss - before[2] < 8 * MEGABYTE
