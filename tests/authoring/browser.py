"""A learner's desk: JupyterLab in a real browser, untouched by the settings of whoever runs the tests.

    with desk(folder) as lab:
        assert lab.problems(path) == []

Nothing is clicked: Lab hands out its application (`expose_app_in_browser`), and the commands that its menus
call are called in there.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import nbformat
import psutil
from nbformat import NotebookNode
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Playwright,
    TimeoutError,
    sync_playwright,
)

PATIENCE = 120  # seconds: for the server, for a kernel, for all cells of a notebook
WIDTH, HEIGHT = 1100, 800  # of the window: a small laptop's
TALLEST = 15_000  # Chromium draws no picture beyond 16,384 pixels

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false"},
    "apputils-extension/themes": {"adaptive-theme": True},  # the browser decides: light or dark
    # All cells at once, or the picture would miss those that are out of sight.
    "notebook-extension/tracker": {"windowingMode": "none", "scrollPastEnd": False},
}

IS_OPEN = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
# The command is back at the first error already, also at one that stops nothing. The kernel answers in order.
RUN = """async (cells) => {
    const {commands, shell} = window.jupyterapp
    const {content, sessionContext} = shell.currentWidget
    await commands.execute('notebook:clear-all-cell-outputs')
    content.activeCellIndex = cells
    await commands.execute(cells < content.widgets.length ? 'notebook:run-all-above' : 'notebook:run-all-cells')
    await sessionContext.session.kernel.requestExecute({code: '', silent: true}).done
    return true
}"""
RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel().then(() => true)"
NOTEBOOK = "JSON.stringify(window.jupyterapp.shell.currentWidget.context.model)"
PICTURES_ARE_THERE = "[...document.images].every(image => image.complete)"
NEEDED_HEIGHT = """() => {
    const panel = document.querySelector('.jp-WindowedPanel-outer')
    panel.scrollTop = 0
    return Math.ceil(window.innerHeight - panel.clientHeight + panel.scrollHeight)
}"""
IS_DARK = """document.body.dataset.jpThemeName === 'JupyterLab Dark'
    && !document.querySelector('#jupyterlab-splash')"""
# Code may be scrolled sideways. Of anything else, a learner would not know that there is more.
CUT_OFF = """() => {
    const style = document.head.appendChild(document.createElement('style'))
    style.textContent = '.jp-RenderedHTMLCommon pre, .jp-RenderedText pre { display: none }'
    const found = [...document.querySelectorAll('.jp-OutputArea-output, .jp-MarkdownOutput')]
        .flatMap(area => [area, ...area.querySelectorAll('*')])
        .filter(each => each.clientWidth > 1 && each.scrollWidth > each.clientWidth + 1
                        && getComputedStyle(each).overflowX !== 'visible')
        .map(each => `${each.scrollWidth} px in ${each.clientWidth}: ${each.textContent.slice(0, 80)}`)
    style.remove()
    return found
}"""


class NoBrowserError(RuntimeError):
    """There is no Chromium on this machine."""


@dataclass(frozen=True)
class Desk:
    """A running JupyterLab and a browser to look at it."""

    url: str
    token: str = field(repr=False)
    notebooks: Path
    """What Lab shows: a folder of its own."""
    browser: BrowserContext

    def problems(self, path: Path, pictures: Path | None = None) -> list[str]:
        """Open a copy of a notebook, do with it what learners do; return what they must not meet.

        They run half of it, restart the kernel, run it all, look at it, and run it all again. With a folder for
        `pictures`, draw it there as it looks when it has run once, on light and on dark ground.
        """
        shutil.copy(path, self.notebooks)
        page, found, before = self.browser.new_page(), [], _started_with(self.token)
        page.on("pageerror", lambda error: found.append(f"the browser met {error}"))
        page.on("request", lambda request: found.extend(_from_the_network(request.url)))
        try:
            # A workspace of its own, or Lab would open the notebooks of before as well.
            page.goto(f"{self.url}lab/workspaces/{path.stem}/tree/{path.name}?token={self.token}")
            page.wait_for_function(IS_OPEN)
            stored = nbformat.read(path, as_version=4)
            found += self._run(page, stored, len(stored.cells) // 2)
            page.wait_for_function(RESTART)
            page.wait_for_function(IS_OPEN)
            found += self._run(page, stored)
            found += self._look(page, path.stem, pictures)
            found += self._run(page, stored)
        finally:
            page.close()
            found += self._stop_kernel(before)
        return list(dict.fromkeys(found))

    def _run(self, page: Page, stored: NotebookNode, cells: int | None = None) -> list[str]:
        """Run the first cells, or all; return what went wrong."""
        cells, found = len(stored.cells) if cells is None else cells, []
        try:
            page.wait_for_function(RUN, arg=cells)
        except TimeoutError:
            found.append("a cell did not end, or the kernel died")
        ran = nbformat.reads(page.evaluate(NOTEBOOK), as_version=4)
        return found + problems(ran.cells[:cells], stored.cells[:cells])

    def _look(self, page: Page, name: str, pictures: Path | None) -> list[str]:
        page.wait_for_function(PICTURES_ARE_THERE)
        page.set_viewport_size({"width": WIDTH, "height": min(page.evaluate(NEEDED_HEIGHT), TALLEST)})
        found = [f"cut off, {each}" for each in page.evaluate(CUT_OFF)]
        if pictures:
            (pictures / f"{name}.png").write_bytes(page.screenshot())
            page.emulate_media(color_scheme="dark")
            page.wait_for_function(IS_DARK)
            (pictures / f"{name}_dark.png").write_bytes(page.screenshot())
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})  # a tall page is slow when cells run
        return found

    def _stop_kernel(self, before: list[psutil.Process]) -> list[str]:
        with httpx.Client(base_url=self.url, headers=_identity(self.token), timeout=PATIENCE) as api:
            for session in api.get("api/sessions").json():
                api.delete(f"api/sessions/{session['id']}").raise_for_status()
        left = _kill_late([process for process in _started_with(self.token) if process not in before])
        return [f"left running: {process}" for process in left]


def _from_the_network(url: str) -> list[str]:
    here = urlsplit(url).hostname in {None, "localhost", "127.0.0.1"}  # None: data that the page has already
    return [] if here else [f"the network is needed: {url}"]


def problems(ran: list[NotebookNode], stored: list[NotebookNode]) -> list[str]:
    """Return what went wrong in cells that ran, given what is stored."""
    return [
        f"cell {number} {what}, in\n{cell.source}"
        for number, (cell, before) in enumerate(zip(ran, stored, strict=True), 1)
        if cell.cell_type == "code"
        for what in _cell_problems(cell, before)
    ]


def _cell_problems(cell: NotebookNode, before: NotebookNode) -> Iterator[str]:
    if cell.execution_count is None:
        yield "did not run"
        return
    errors = [output for output in cell.outputs if output.output_type == "error"]
    meant = "raises-exception" in cell.metadata.get("tags", [])
    if meant and not errors:
        yield "raised nothing, and is tagged raises-exception"
    if not meant:
        yield from (f"raised {error.ename}: {error.evalue}" for error in errors)
    if _stderr(cell) not in ("", _stderr(before)):
        yield f"wrote to stderr: {_stderr(cell)}"


def _stderr(cell: NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.get("name") == "stderr")


@contextmanager
def desk(folder: Path, notebooks: Path) -> Iterator[Desk]:
    """Start JupyterLab on a copy of `notebooks` in this empty folder, and a browser. Stop both in the end."""
    shutil.copytree(notebooks, folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    with (
        sync_playwright() as playwright,
        _launched(playwright) as browser,
        browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light") as context,
        _jupyterlab(folder) as (url, token),
    ):
        context.set_default_timeout(PATIENCE * 1000)
        yield Desk(url, token, folder / "notebooks", context)


def _launched(playwright: Playwright) -> Browser:
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path:
        return playwright.chromium.launch(executable_path=path, args=FLAGS)
    try:
        return playwright.chromium.launch(channel="chrome", args=FLAGS)  # where macOS and Windows keep it
    except Error as error:
        raise NoBrowserError("neither Chromium nor Chrome is installed") from error


@contextmanager
def _jupyterlab(folder: Path) -> Iterator[tuple[str, str]]:
    """Run JupyterLab; give its address and its token."""
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


def _identity(token: str) -> dict[str, str]:
    return {"Authorization": f"token {token}"}


def _address(folder: Path, server: subprocess.Popen[bytes]) -> str:
    """Return where the server listens, once it has written that down."""
    give_up = time.monotonic() + PATIENCE
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
            httpx.post(f"{url}api/shutdown", headers=_identity(token), timeout=PATIENCE)
    left = _kill_late(_started_with(token), patience=10 if url else 0)
    server.wait()
    if url and left:
        raise RuntimeError(f"did not end by itself: {left}")


def _started_with(token: str) -> list[psutil.Process]:
    """Return the server, the kernels and whatever those have started, also what outlived its parent."""
    everything = psutil.process_iter(["environ"])
    return [each for each in everything if (each.info["environ"] or {}).get("JUPYTER_TOKEN") == token]


def _kill_late(processes: list[psutil.Process], patience: float = 3) -> list[psutil.Process]:
    """Wait for these processes to end; kill those that do not, and return them."""
    _, left = psutil.wait_procs(processes, timeout=patience)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return left
