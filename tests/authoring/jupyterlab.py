"""A JupyterLab server in a process of its own, as `make lab` starts it; nothing of it is left at the end."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

TIMEOUT = 300  # seconds, for each single wait: the machine may be busy
GRACE = 30  # seconds for what a kernel has started to end after it
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false"},
    "apputils-extension/themes": {"adaptive-theme": True},  # the browser decides: light or dark
    # All cells at once, or the picture would miss those that are out of sight.
    "notebook-extension/tracker": {"windowingMode": "none", "scrollPastEnd": False},
}


@contextmanager
def jupyterlab(folder: Path, notebooks: Path) -> Iterator[tuple[str, str]]:
    """Run JupyterLab on a copy of `notebooks` in this empty folder; give its address and its token."""
    shutil.copytree(notebooks, folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    token = secrets.token_hex()
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0",
        "--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly",
        "--KernelSpecManager.allowed_kernelspecs=python3", f"--ServerApp.root_dir={folder / 'notebooks'}",
    ]  # fmt: skip
    log = folder / "log.txt"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, cwd=folder, env=_environment(folder, token), stdin=subprocess.DEVNULL,
            stdout=output, stderr=output,
        )  # fmt: skip
    url = ""
    try:
        url = _address(folder, server)
        yield url, token
    except Exception as error:
        error.add_note(log.read_text(encoding="utf-8", errors="replace")[-2000:])
        raise
    finally:
        _stop(server, url, token)


def _environment(folder: Path, token: str) -> dict[str, str]:
    """Return the environment of `make lab`, with everything that Jupyter keeps moved into the folder."""
    for name, value in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")
    own = {
        "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython", "TMPDIR": "temporary", "TEMP": "temporary",
    }  # fmt: skip
    for name in own.values():
        (folder / name).mkdir(exist_ok=True)
    # A learner's: the lab is strict only where somebody proves the course.
    others = {
        name: value for name, value in os.environ.items() if name not in {"TODO_LAB_STRICT", "JUPYTER_PATH"}
    }
    return {
        **others,
        **{variable: str(folder / name) for variable, name in own.items()},
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "JUPYTER_PREFER_ENV_PATH": "1",  # this Python's kernel, not the user's
        "JUPYTER_TOKEN": token,
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def identity(token: str) -> dict[str, str]:
    """Return the header that says who asks."""
    return {"Authorization": f"token {token}"}


def _address(folder: Path, server: subprocess.Popen[bytes]) -> str:
    """Return where the server listens, once it has written that down."""
    give_up = time.monotonic() + TIMEOUT
    while server.poll() is None and time.monotonic() < give_up:
        for path in (folder / "runtime").glob("jpserver-*.json"):
            with suppress(ValueError):  # half written
                return json.loads(path.read_text(encoding="utf-8"))["url"]
        time.sleep(0.05)
    raise RuntimeError("JupyterLab did not start")


def _stop(server: subprocess.Popen[bytes], url: str, token: str) -> None:
    """End the server; raise `RuntimeError` if it or something that it started has to be killed."""
    if url:
        with suppress(httpx.HTTPError):
            httpx.post(f"{url}api/shutdown", headers=identity(token), timeout=TIMEOUT)
    left = kill_late(started_with(token), GRACE if url else 0)
    server.wait()
    if url and left:
        raise RuntimeError(f"did not end by itself: {left}")


def started_with(token: str) -> list[psutil.Process]:
    """Return the server, the kernels and whatever those have started, also what outlived its parent."""
    everything = psutil.process_iter(["environ"])
    return [each for each in everything if (each.info["environ"] or {}).get("JUPYTER_TOKEN") == token]


def kill_late(processes: list[psutil.Process], grace: float) -> list[psutil.Process]:
    """Wait for these processes to end; kill those that do not, and return them."""
    _, left = psutil.wait_procs(processes, timeout=grace)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return left
