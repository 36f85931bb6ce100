"""Tell who hangs from who is slow, on a machine however busy: by the processor's time, not by the clock."""

import asyncio
import time
from collections.abc import Collection
from typing import Any

QUIET = 0.02  # of a core: a process that only waits takes less


async def all_done(tasks: Collection[asyncio.Task[Any]], seconds: float) -> bool:
    """Wait for the tasks; return whether they have ended.

    False as soon as this process has done nothing for so many seconds, or has worked for so many.
    """
    idle, enough = 0.0, time.process_time() + seconds
    while idle < seconds and time.process_time() < enough:
        worked, clock = time.process_time(), time.monotonic()
        _, left = await asyncio.wait(tasks, timeout=seconds / 10)
        if not left:
            return True
        waited = time.monotonic() - clock
        idle = idle + waited if time.process_time() - worked < QUIET * waited else 0.0
    return False
