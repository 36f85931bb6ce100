"""How many requests per second does each app answer over real HTTP? `python -m tests.bench.http`.

Each app runs under uvicorn, one worker, on a file with 1,000 tasks; the client is this process, on the other
core. Each figure is the median of several rounds, and the apps take turns in each round, so that a busy
moment of the machine hits all of them.
"""

import argparse
import asyncio
import json
import os
import platform
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

import httpx
import psutil
import sqlalchemy

from tests.bench.load import Request, load
from todo_lib.course.migration.project import REPOSITORY
from todo_lib.models import TaskInput
from todo_lib.sync_app import database as sync_database
from todo_lib.sync_app.datastore import DataStoreDb

APPS = {
    "floor": "tests.bench.apps:floor_app",
    "sync": "todo_lib.sync_app.main:app",
    "async": "todo_lib.async_app.main:app",
    "article": "tests.bench.apps:article_app",
}
TOMORROW = date.today() + timedelta(days=1)
TASK = json.dumps({"name": "buy bread", "priority": 1, "due_date": str(TOMORROW), "done": False})
KINDS = {
    "list+filter": Request("GET", lambda number: f"/api/todo/?q=number%20{number % 90 + 10}%20"),
    "get": Request("GET", lambda number: f"/api/todo/{number % 1000 + 1}"),
    "post": Request("POST", lambda number: "/api/todo/", lambda number: TASK, b"201"),
}
CONNECTIONS = (1, 10, 50)
SLOWEST = {"article": 8}  # so many times fewer requests for what is that slow
ROUNDS, TOTAL = 3, 400
START_TIMEOUT = 20  # seconds for a server to start


def fill(file: Path) -> None:
    """Make a file with 1,000 tasks, of which a filter finds ten."""
    factory = sync_database.create_session_factory(f"sqlite:///{file.as_posix()}")
    sync_database.create_tables(factory)
    with factory() as session:
        store = DataStoreDb(session)
        for number in range(1000):
            name = f"task number {number % 100} of them"
            store.add(TaskInput(name=name, priority=number % 9 + 1, due_date=TOMORROW))
    sync_database.dispose(factory)


@contextmanager
def served(app: str, folder: Path) -> Iterator[tuple[psutil.Process, int]]:
    """Serve an app on a copy of the file; give the server's process and port."""
    file = folder / f"{app}.db"
    with closing(sqlite3.connect(folder / "todo.db")) as source, closing(sqlite3.connect(file)) as copy:
        source.backup(copy)
    driver = "sqlite" if app == "sync" else "sqlite+aiosqlite"
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        APPS[app],
        "--port",
        str(port),
        "--log-level",
        "warning",
        "--no-access-log",
    ]
    env = os.environ | {"TODO_DATABASE_URL": f"{driver}:///{file.as_posix()}", "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(command, env=env) as server:
        try:
            wait_for(port)
            yield psutil.Process(server.pid), port
        finally:
            server.terminate()


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + START_TIMEOUT
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/api/todo/1", trust_env=False, timeout=START_TIMEOUT)
            return
        except httpx.ConnectError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


async def measure(
    server: psutil.Process, port: int, kind: str, connections: int, total: int
) -> dict[str, float]:
    """Return requests per second, and the most threads and open files that the server had meanwhile."""
    most = {"threads": 0, "files": 0}

    async def watch() -> None:
        while True:
            most["threads"] = max(most["threads"], server.num_threads())
            most["files"] = max(most["files"], server.num_fds() if hasattr(server, "num_fds") else 0)
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    try:
        rate = await load("127.0.0.1", port, KINDS[kind], connections, total)
    finally:
        watching.cancel()
    return {"per second": rate, **most}


def run(rounds: int, total: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return for each app and each "kind, connections" the median rate and the most threads and files."""
    found: dict[str, dict[str, list[dict[str, float]]]] = {app: {} for app in APPS}
    with tempfile.TemporaryDirectory(prefix="todo-bench-") as folder, ExitStack() as stack:
        fill(Path(folder, "todo.db"))
        servers = {app: stack.enter_context(served(app, Path(folder))) for app in APPS}
        for turn in range(rounds + 1):  # the first is to warm up
            for kind in KINDS:
                for connections in CONNECTIONS:
                    for app, (server, port) in servers.items():
                        count = max(total // SLOWEST.get(app, 1), connections)
                        seen = asyncio.run(measure(server, port, kind, connections, count))
                        if turn:
                            found[app].setdefault(f"{kind}, {connections}", []).append(seen)
    return {
        app: {
            case: {
                "per second": round(statistics.median(each["per second"] for each in seen)),
                "threads": max(each["threads"] for each in seen),
                "files": max(each["files"] for each in seen),
            }
            for case, seen in cases.items()
        }
        for app, cases in found.items()
    }


def table(found: dict[str, dict[str, dict[str, float]]]) -> str:
    """Return the results as a Markdown table, with ratios."""
    lines = [f"| request, connections | {' | '.join(found)} | async / floor | async / article |"]
    lines.append(f"|---|{'---:|' * (len(found) + 2)}")
    for case in found["async"]:
        rates = {app: cases[case]["per second"] for app, cases in found.items()}
        ratios = [f"{rates['async'] / rates[other]:.2f}" for other in ("floor", "article")]
        lines.append(
            f"| {case} | {' | '.join(f'{rate:.0f}' for rate in rates.values())} | {' | '.join(ratios)} |"
        )
    for what in ("threads", "files"):
        most = [max(case[what] for case in cases.values()) for cases in found.values()]
        lines.append(f"| most {what} | {' | '.join(f'{each:.0f}' for each in most)} | | |")
    return "\n".join(lines)


def machine() -> str:
    """Return what was measured on."""
    return (
        f"{platform.system()}, {psutil.cpu_count()} cores, Python {platform.python_version()}, "
        f"SQLAlchemy {sqlalchemy.__version__}, SQLite {sqlite3.sqlite_version}"
    )


def main() -> None:
    """Measure, print, and write the data if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--total", type=int, default=TOTAL, help="requests in each measurement")
    parser.add_argument("--json", type=Path, help="write the data to this file")
    options = parser.parse_args()
    found = run(options.rounds, options.total)
    print(
        f"{machine()}; median of {options.rounds} rounds, {options.total} requests each, "
        "requests per second\n"
    )
    print(table(found))
    if options.json:
        options.json.write_text(
            json.dumps({"machine": machine(), "found": found}, indent=1), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
