"""Start the runner of projects from a process that has its libraries: a fork, not a second of imports.

    with forked_projects() as client: …  # a script that stands for `todo_lib/lab/testing/run_pytest.py`

Only tests that judge very many files use it. What a learner waits for is the runner itself: the other tests.

`python forked_runner.py SERVE SOCKET RUNNER` is that process. `python CLIENT …` asks it for a fork, lends it
its standard streams and environment, and ends when the fork ends; if the client is killed, so is the fork.
"""

import gc
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

SERVE = "--serve"
# The client is as small as it can be: it starts for every check.
CLIENT = """\
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    job = json.dumps([sys.argv, dict(os.environ)]).encode()
    socket.send_fds(server, [len(job).to_bytes(4)], [0, 1, 2])
    server.sendall(job)
    sys.exit(server.recv(1) != b"0")
"""


@contextmanager
def forked_projects(runner: Path) -> Iterator[Path]:
    """Give a script that does what `runner` does, and starts faster; only on Linux, else `runner` itself."""
    # Here, not above: this file is also the script of the process.
    from todo_lib.course.migration.project import LAST, files_after  # noqa: PLC0415
    from todo_lib.course.migration.workspace import START  # noqa: PLC0415
    from todo_lib.lab.testing.projects import write_project  # noqa: PLC0415

    if not hasattr(os, "pidfd_open"):
        yield runner
        return
    folder = Path(tempfile.mkdtemp(prefix="todo-warm-"))
    address, client = str(folder / "socket"), folder / "client.py"
    client.write_text(CLIENT.format(address=address), encoding="utf-8")
    projects = {folder / lesson: files_after(lesson) for lesson in (START, LAST)}
    for place, files in projects.items():
        write_project(place, files)
    command = [sys.executable, __file__, SERVE, address, str(runner), *map(str, projects)]
    try:
        environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # as the runner's is
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as server:
            try:
                assert server.stdout.readline(), "the warm process did not start"
                yield client
            finally:
                server.stdin.close()  # it ends when nobody holds this pipe
    finally:
        shutil.rmtree(folder)


def serve(address: str, runner: str, *projects: str) -> None:
    """Load what projects need, then fork for every client, until standard input is closed.

    What loads most is to run some: pytest and the libraries import much of themselves only then.
    """
    names = runpy.run_path(runner)
    for library in names["LIBRARIES"]:
        import_module(library)
    for project in projects:
        for result in names["run"](Path(project).resolve(), ["tests"]):
            assert result["passed"], result["text"]
    os.chdir("/")
    gc.freeze()  # no fork need look through it, which would copy it
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)
        while listener in select.select([listener, sys.stdin], [], [])[0]:
            client, _ = listener.accept()
            with client:
                _fork(client, runner)


def _fork(client: socket.socket, runner: str) -> None:
    length, streams, *_ = socket.recv_fds(client, 4, 3)
    text, wanted = b"", int.from_bytes(length)
    while len(text) < wanted:
        text += client.recv(wanted - len(text))
    arguments, environment = json.loads(text)
    child = os.fork()
    if child == 0:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv, sys.dont_write_bytecode = arguments, True
        runpy.run_path(runner, run_name="__main__")
        os._exit(1)  # the runner itself ends by os._exit(0)
    for stream in streams:
        os.close(stream)
    finished = os.pidfd_open(child)
    if client in select.select([client, finished], [], [])[0]:  # the client is gone
        os.kill(child, signal.SIGKILL)
    os.close(finished)
    _, status = os.waitpid(child, 0)
    with suppress(BrokenPipeError):
        client.send(b"1" if status else b"0")


# -- as a pytest plugin: `-p tests.forked_runner` lets notebooks' kernels run projects from one process ----

_RUNNING = ExitStack()


def pytest_configure(config: "pytest.Config") -> None:
    """Start the process where kernels are started: in each worker, or here if there are none."""
    if config.option.nbval and (hasattr(config, "workerinput") or not config.option.numprocesses):
        from todo_lib.lab.testing.runs import OTHER_RUNNER, RUNNER  # noqa: PLC0415

        os.environ[OTHER_RUNNER] = str(_RUNNING.enter_context(forked_projects(RUNNER)))


def pytest_unconfigure(config: "pytest.Config") -> None:
    """End it."""
    _RUNNING.close()


if __name__ == "__main__":
    serve(*sys.argv[2:])
