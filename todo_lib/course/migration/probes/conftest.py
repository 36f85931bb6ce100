"""The application as a server runs it, seen from outside: what its tests share."""

import asyncio
import contextlib
import sqlite3
import sys
import threading
import time
from datetime import date, timedelta

import pytest
import pytest_asyncio
from blockbuster import BlockBuster, BlockingError
from httpx import ASGITransport, AsyncClient
from sqlalchemy import event
from sqlalchemy.pool import Pool
from todo_app import main

# What stops a loop, as Python itself reports it: whoever has imported the function by its name is found, too.
BLOCKING = {
    "sqlite3.connect",
    "socket.connect",
    "socket.getaddrinfo",
    "subprocess.Popen",
    "os.system",
}


def in_days(days):
    """Return that day, as JSON has it."""
    return str(date.today() + timedelta(days=days))


TASK = {"name": "buy bread", "priority": 1, "due_date": in_days(1), "done": False}


class Observed:
    """The application, and what was true when its last answer began."""

    def __init__(self, file):
        self.file = file
        self.rows = []
        self.held = 0  # connections that are in use

    async def __call__(self, scope, receive, send):
        """Pass a request on, and look at the database before the client hears of it."""

        async def look(message):
            if message["type"] == "http.response.start":
                with contextlib.closing(sqlite3.connect(self.file)) as connection:
                    self.rows = connection.execute("SELECT name, done FROM tasks ORDER BY id").fetchall()
                self.at_start = self.held
            await send(message)

        await main.app(scope, receive, look)

    def taken(self, *_):
        """Count a connection that the pool hands out."""
        self.held += 1

    def given_back(self, *_):
        """Count one that comes back."""
        self.held -= 1


@contextlib.asynccontextmanager
async def running(app=None):
    """Start the application, give a client of it, and stop it."""
    transport = ASGITransport(app or main.app)
    async with (
        main.app.router.lifespan_context(main.app),
        AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client


@pytest.fixture
def database(tmp_path, monkeypatch):
    """Name the file that the application shall use."""
    file = tmp_path / "application.db"
    monkeypatch.setenv("TODO_DATABASE_URL", f"sqlite+aiosqlite:///{file.as_posix()}")
    return file


@pytest_asyncio.fixture
async def client(database):
    """Give a client of the running application."""
    async with running() as client:
        yield client


@pytest.fixture
def observed(database):
    """Give the application, observed."""
    app = Observed(database)
    event.listen(Pool, "checkout", app.taken)
    event.listen(Pool, "checkin", app.given_back)
    yield app
    event.remove(Pool, "checkout", app.taken)
    event.remove(Pool, "checkin", app.given_back)


@pytest.fixture
def blocked():
    """Refuse what stops the event loop of this thread, and collect it: an endpoint may hide the error."""
    found, watched = [], {threading.get_ident()}

    def refuse(name):
        found.append(name)
        raise BlockingError(name)

    def audit(name, _):
        if name in BLOCKING and threading.get_ident() in watched and asyncio._get_running_loop():
            refuse(name)

    def profile(frame, kind, function):
        if kind == "c_call" and function is time.sleep and asyncio._get_running_loop():
            refuse("time.sleep")

    sys.addaudithook(audit)  # it stays as long as Python runs, and does nothing once nobody is watched
    sys.setprofile(profile)  # no audit hook hears of `time.sleep`
    locks = BlockBuster().functions["threading.Lock.acquire"]
    locks.activate()
    yield found
    locks.deactivate()
    sys.setprofile(None)
    watched.clear()
