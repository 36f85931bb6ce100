"""What a suite leaves behind. These tests run after the learner's own."""

import threading
import time

from todo_app.main import app

BEFORE = set(threading.enumerate())  # when pytest imports this file, no test has run yet


def test_no_override_is_left():
    """The next test would get the old store."""
    assert not app.dependency_overrides, "app.dependency_overrides still holds an override after the test"


def test_no_connection_is_left():
    """No thread of aiosqlite: it has one for each connection. One that is ending gets half a second."""
    end = time.monotonic() + 0.5
    while connections_since(BEFORE) and time.monotonic() < end:
        time.sleep(0.01)
    assert not connections_since(BEFORE), "the engine still has a connection open after the test"


def connections_since(before):
    """Return the threads there are more than before, without those that asyncio and AnyIO keep."""
    new = set(threading.enumerate()) - before
    return [thread for thread in new if not thread.name.startswith(("asyncio_", "AnyIO"))]
