"""Whoever waits for longer than a second is told that something goes on, and for how long already."""

import contextvars
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle

PATIENCE = 1.0  # seconds before anything is said, and between two updates


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Show in a notebook, below the cell, how long the block takes already. At its end nothing of it is left.

    A thread shows it: the block may keep the event loop from running.
    """
    if get_ipython() is None:
        yield
        return
    done = threading.Event()
    # The kernel finds by the context which cell the output belongs to.
    work = contextvars.copy_context()
    thread = threading.Thread(
        target=work.run, args=(_show, what, done), name="todo-lab-progress", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _show(what: str, done: threading.Event) -> None:
    begin, line = time.monotonic(), DisplayHandle()
    if done.wait(PATIENCE):
        return
    line.display({}, raw=True)  # who knows no updates, nbval for one, keeps this
    while not done.is_set():
        line.update({"text/plain": f"… {what}: {time.monotonic() - begin:.0f} s"}, raw=True)
        done.wait(PATIENCE)
    line.update({}, raw=True)
