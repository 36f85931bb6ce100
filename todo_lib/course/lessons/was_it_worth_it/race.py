"""Send the same requests to several endpoints, from more and more callers, and compare the times.

Client and server share one thread here. The times say which way is faster, and roughly how much, not what a
server of your own would do: for that, the client belongs on another core (`tests/bench/http.py`).
"""

import asyncio
import base64
import io
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from IPython.display import display
from sqlalchemy import Engine, event

from todo_lib.lab.aio.measure import timed
from todo_lib.lab.messages import Table

RACE_TIMEOUT = 60  # seconds for a whole race
CALLERS = (1, 10, 50)
STYLES = (("#0072B2", "o", "-"), ("#D55E00", "s", "--"), ("#009E73", "^", ":"))  # Okabe and Ito's colours


@dataclass(frozen=True, repr=False)
class Race:
    """How long each path took with each number of callers. Shows itself as a table of requests per second."""

    seconds: dict[tuple[str, int], float]
    """The shortest time until the last caller had its last answer, by path and number of callers."""
    calls: int
    """Requests that each caller sent, one after the other."""

    def __getitem__(self, key: tuple[str, int]) -> float:
        return self.seconds[key]

    @property
    def paths(self) -> list[str]:
        """Return the paths, in the order in which they ran."""
        return list(dict.fromkeys(path for path, _ in self.seconds))

    @property
    def callers(self) -> list[int]:
        """Return the numbers of callers, in the order in which they ran."""
        return list(dict.fromkeys(count for _, count in self.seconds))

    def per_second(self, path: str, callers: int) -> float:
        """Return how many requests were answered in a second."""
        return callers * self.calls / self.seconds[path, callers]

    def __repr__(self) -> str:
        rows = [(n, *(f"{self.per_second(path, n):.0f}" for path in self.paths)) for n in self.callers]
        return repr(Table(("callers", *self.paths), tuple(rows)))

    def draw(self) -> None:
        """Display requests per second as a picture, and the same as a table below it."""
        words = f"requests per second\n{self!r}"
        size, png = _picture(self)
        alt = f"Lines: {'; '.join(words.splitlines())}."
        display(
            {"image/png": png, "text/plain": words}, metadata={"image/png": size | {"alt": alt}}, raw=True
        )
        print(words)


async def race(
    app: Callable[..., Any],
    callers: Sequence[int] = CALLERS,
    paths: Sequence[str] = ("/def", "/mixed", "/async"),
    calls: int = 1,
    rounds: int = 1,
) -> Race:
    """Let so many callers send `calls` requests each to each path of the application; return the times.

    Callers send at the same time, a caller's own requests follow each other. The paths take turns in each
    round, and the best round counts: it was disturbed least. Raise `httpx.HTTPStatusError` for an error's
    status, all of them in a group, and `TimeoutError` after `RACE_TIMEOUT`.
    """
    transport = httpx.ASGITransport(app)
    async with (
        asyncio.timeout(RACE_TIMEOUT),
        httpx.AsyncClient(transport=transport, base_url="http://lab") as client,
    ):

        async def caller(path: str, requests: int) -> None:
            for _ in range(requests):
                (await client.get(path)).raise_for_status()

        async def at_once(path: str, count: int, requests: int) -> None:
            async with asyncio.TaskGroup() as group:
                for _ in range(count):
                    group.create_task(caller(path, requests))

        found: dict[tuple[str, int], list[float]] = {}
        for count in callers:
            for _ in range(rounds):
                for path in paths:
                    timing = await timed(partial(at_once, path, count, calls), repeat=1)
                    found.setdefault((path, count), []).extend(timing.times)
    ordered = {(path, count): min(found[path, count]) for path in paths for count in callers}
    return Race(ordered, calls)


class Waits:
    """Gives SQLite a function `sleep(seconds)`, and knows how many queries were in it at the same time."""

    def __init__(self) -> None:
        self.most = self._now = 0
        self._lock = threading.Lock()

    def teach(self, engine: Engine) -> None:
        """Let the connections that this engine opens from now on sleep."""
        event.listen(engine, "connect", lambda connection, record: self._give(connection))

    def _give(self, connection: Any) -> None:
        connection.create_function("sleep", 1, self._sleep)

    def _sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(seconds)
        with self._lock:
            self._now -= 1


def _picture(result: Race) -> tuple[dict[str, int], str]:
    from todo_lib.lab.aio.timeline_picture import DPI, SHARPNESS, own_settings, with_few_colours  # noqa: PLC0415

    width, height = 6.4, 3.4
    with own_settings(), io.BytesIO() as file:
        from matplotlib.figure import Figure  # noqa: PLC0415 (heavy, and only needed here)

        figure = Figure((width, height), dpi=DPI * SHARPNESS, facecolor="white", layout="constrained")
        axes = figure.add_subplot(facecolor="white")
        places = range(len(result.callers))
        for path, (colour, marker, line) in zip(result.paths, STYLES, strict=False):
            rates = [result.per_second(path, count) for count in result.callers]
            axes.plot(places, rates, color=colour, marker=marker, linestyle=line, label=path, linewidth=2)
        axes.set_xticks(places, [str(count) for count in result.callers])
        axes.set(xlabel="callers at the same time", ylabel="requests per second", ylim=(0, None))
        axes.grid(axis="y", color="#d0d0d0", linewidth=0.8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        figure.savefig(file, format="png")
        png = base64.b64encode(with_few_colours(file)).decode("ascii")
    return {"width": round(width * DPI), "height": round(height * DPI)}, png
