"""How long a learner waits for a check: the median, for every exercise and its solution. `make bench`."""

import asyncio
import gc
import platform
import statistics
import time

from tests.course.test_exercises import EXERCISES, LESSONS, answer_cell, answer_in
from todo_lib.lab.exercise import lesson

REPEAT = 9


async def seconds_of(number: str, name: str) -> float:
    """Return the median time of a check of the right answer."""
    source = LESSONS[number]
    last = answer_cell(source, name)
    answer = answer_in(source.solution(last)[0], "solution", source, last)
    exercise = lesson(number).exercises[name]
    times = []
    for _ in range(REPEAT):
        started = time.perf_counter()
        await exercise.check(answer)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


async def main() -> None:
    """Print a line for each exercise, and the median of all."""
    gc.freeze()  # as the lab does when a notebook loads it
    print(f"{platform.system()}, Python {platform.python_version()}, {REPEAT} checks each")
    medians = []
    for number, name in EXERCISES:
        medians.append(await seconds_of(number, name))
        print(f"{number}.{name:12} {medians[-1]:6.3f} s")
    print(f"{'median':15} {statistics.median(medians):6.3f} s")


if __name__ == "__main__":
    asyncio.run(main())
