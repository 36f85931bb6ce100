"""An app as a real server: uvicorn in a process of its own, asked over HTTP."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

import todo_lib

SERVER_TIMEOUT = 120  # seconds; nothing here takes more than two, unless the machine is busy
STOPPED_BY_REQUEST = {0, -signal.SIGTERM}  # uvicorn stops in good order, then hands the signal on
RUNNING = re.compile(r"running on (http://127\.0\.0\.1:\d+)")


@contextmanager
def real_server(
    style: str, folder: Path, *, killed: bool = False, complaints: bool = False, **settings: str
) -> Iterator[httpx.Client]:
    """Serve one app as a learner does, in this folder, with these variables; stop it in good order.

    `killed` says that the caller kills it, `complaints` that its log may speak of errors.
    """
    env = {key: value for key, value in os.environ.items() if key != "TODO_DATABASE_URL"}
    env |= {"PYTHONPATH": str(Path(todo_lib.__file__).parents[1])} | settings
    # Port 0 is any free port; uvicorn says which one it got, after the app has started. Requests are not
    # logged: what a fuzzer asks for may contain the very words that are looked for in the log.
    app = f"todo_lib.{style}_app.main:app"
    command = [sys.executable, "-m", "uvicorn", app, "--port", "0", "--no-access-log"]
    log = folder / "log.txt"
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT)
    try:
        give_up = time.monotonic() + SERVER_TIMEOUT
        while not (running := re.search(r"running on (http://127\.0\.0\.1:\d+)", log.read_text())):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < give_up, f"no server after {SERVER_TIMEOUT} s: {log.read_text()}"
            time.sleep(0.05)
        with httpx.Client(base_url=running[1], timeout=SERVER_TIMEOUT, trust_env=False) as client:
            yield client
        if killed:
            assert server.wait(timeout=SERVER_TIMEOUT) == -signal.SIGKILL
            return
        server.terminate()
        assert server.wait(timeout=SERVER_TIMEOUT) in STOPPED_BY_REQUEST
        assert "Application shutdown complete" in log.read_text()
        complained = re.findall(r"(?im)^.*(?:error|exception|warning).*$", log.read_text())
        assert complaints or not complained, complained[:10]
    finally:
        server.kill()
        server.wait()
