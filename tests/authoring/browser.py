"""JupyterLab in a real browser, untouched by the settings of whoever runs the tests.

    with browser_session(notebooks) as jupyterlab:
        assert jupyterlab.problems(path) == []

Nothing is clicked: JupyterLab hands out its application (`expose_app_in_browser`), and the commands that its
menus call are called in there. The page is loaded once: that costs more than most notebooks.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
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
from playwright.sync_api import Browser, Error, Page, Playwright, TimeoutError, sync_playwright

TIMEOUT = 300  # seconds, for each single wait: the machine may be busy
GRACE = 30  # seconds for what a kernel has started to end after it
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

IS_LOADED = "window.jupyterapp?.restored.then(() => true)"
# Returns which notebooks are open, the one in front first.
OPEN = """async (path) => {
    const {commands, shell} = window.jupyterapp
    const panel = await commands.execute('docmanager:open', {path, factory: 'Notebook'})
    shell.activateById(panel.id)
    await panel.sessionContext.ready
    const open = [shell.currentWidget, ...shell.widgets('main')].filter(widget => widget.context)
    return [...new Set(open)].map(widget => widget.context.path)
}"""
IS_IDLE = "window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
# The command is back at the first error already, also at one that stops nothing. The kernel answers in order.
RUN = """async (cells) => {
    const {commands, shell} = window.jupyterapp
    const {content, sessionContext} = shell.currentWidget
    content.activeCellIndex = cells
    const all = cells >= content.widgets.length
    await commands.execute(all ? 'notebook:run-all-cells' : 'notebook:run-all-above')
    await sessionContext.session.kernel.requestExecute({code: '', silent: true}).done
    return true
}"""
RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel().then(() => true)"
# What each cell shows below its code, once all cells are drawn; null where there is nothing to show.
SHOWN = """async () => {
    const {content} = window.jupyterapp.shell.currentWidget
    await Promise.all(content.widgets.map(cell => cell.ready))
    return content.widgets.map(({model, node}) => {
        if (!model.outputs?.length) return null
        const area = node.querySelector('.jp-Cell-outputWrapper')
        const seen = [...area.querySelectorAll('.jp-OutputArea-output')].some(each => each.checkVisibility())
        return area.innerText.trim() || (seen ? 'a picture' : '')
    })
}"""
# Unlike `application:close`, asks nothing: the outputs are not to be saved.
CLOSE = "window.jupyterapp.shell.currentWidget.dispose()"
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
class BrowserSession:
    """A running JupyterLab, and a browser's page that shows it."""

    page: Page
    api: httpx.Client
    """The server's."""
    token: str = field(repr=False)
    notebooks: Path
    """What JupyterLab shows: a folder of its own."""

    def problems(self, path: Path, pictures: Path | None = None, grace: float = GRACE) -> list[str]:
        """Open a copy of a notebook, do with it what learners do.

        Return what they must not meet. They open it and see no answer yet, run half of it, restart the
        kernel, run it all, and look at it.
        With a folder for `pictures`, draw it there as it looks then, on light and on dark ground. `grace`:
        seconds for processes to end.
        """
        shutil.copy(path, self.notebooks)
        stored, before = nbformat.read(path, as_version=4), _started_with(self.token)
        with self._events() as found:
            try:
                self._open(path.name)
                shown = self.page.evaluate(SHOWN)
                found.extend(f"shown before its cell is run: {text}" for text in shown if text)
                found.extend(self._run(stored, len(stored.cells) // 2))
                self.page.wait_for_function(RESTART)
                self.page.wait_for_function(IS_IDLE)
                found.extend(self._run(stored))
                found.extend(self._look(path.stem, pictures))
            finally:
                self.page.evaluate(CLOSE)
                found.extend(self._stop_kernel(before, grace))
        return list(dict.fromkeys(found))

    @contextmanager
    def _events(self) -> Iterator[list[str]]:
        """Give a list of what the page must not meet; it grows until the end of the block."""
        found: list[str] = []
        events = {
            "pageerror": lambda error: found.append(f"the browser met {error}"),
            "request": lambda request: found.extend(_from_the_network(request.url)),
        }
        for name, listen in events.items():
            self.page.on(name, listen)
        try:
            yield found
        finally:
            for name, listen in events.items():
                self.page.remove_listener(name, listen)

    def _open(self, name: str) -> None:
        opened = self.page.wait_for_function(OPEN, arg=name).json_value()
        assert opened == [name], f"open are {opened}"
        self.page.wait_for_function(IS_IDLE)

    def _run(self, stored: NotebookNode, cells: int | None = None) -> list[str]:
        """Run the first cells, or all; return what went wrong."""
        cells, found = len(stored.cells) if cells is None else cells, []
        try:
            self.page.wait_for_function(RUN, arg=cells)
        except TimeoutError:
            found.append("a cell did not end, or the kernel died")
        ran = nbformat.reads(self.page.evaluate(NOTEBOOK), as_version=4)
        hidden = [
            f"hidden after its cell was run:\n{cell.source}"
            for cell, text in zip(ran.cells[:cells], self.page.evaluate(SHOWN), strict=False)
            if text == ""
        ]
        return found + hidden + problems(ran.cells[:cells], stored.cells[:cells])

    def _look(self, name: str, pictures: Path | None) -> list[str]:
        self.page.wait_for_function(PICTURES_ARE_THERE)
        self.page.set_viewport_size(
            {"width": WIDTH, "height": min(self.page.evaluate(NEEDED_HEIGHT), TALLEST)}
        )
        found = [f"cut off, {each}" for each in self.page.evaluate(CUT_OFF)]
        if pictures:
            (pictures / f"{name}.png").write_bytes(self.page.screenshot())
            self.page.emulate_media(color_scheme="dark")
            self.page.wait_for_function(IS_DARK)
            (pictures / f"{name}_dark.png").write_bytes(self.page.screenshot())
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})  # a tall page is slow when cells run
        return found

    def _stop_kernel(self, before: list[psutil.Process], grace: float) -> list[str]:
        for session in self.api.get("api/sessions").json():
            self.api.delete(f"api/sessions/{session['id']}").raise_for_status()
        left = _kill_late([process for process in _started_with(self.token) if process not in before], grace)
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
def browser_session(notebooks: Path) -> Iterator[BrowserSession]:
    """Start JupyterLab on a copy of `notebooks`, and a browser that shows it; stop both."""
    with (
        # Not in pytest's folder: each run closes that to other users, and PostgreSQL may run as one.
        tempfile.TemporaryDirectory(prefix="todo-browser-", ignore_cleanup_errors=True) as folder,
        sync_playwright() as playwright,
        _launched(playwright) as browser,
        browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light") as page,
        _jupyterlab(Path(folder), notebooks) as (url, token),
        httpx.Client(base_url=url, headers=_identity(token), timeout=TIMEOUT) as api,
    ):
        page.set_default_timeout(TIMEOUT * 1000)
        page.goto(f"{url}lab?token={token}")
        page.wait_for_function(IS_LOADED)
        yield BrowserSession(page, api, token, Path(folder) / "notebooks")


def _launched(playwright: Playwright) -> Browser:
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path:
        return playwright.chromium.launch(executable_path=path, args=FLAGS)
    try:
        return playwright.chromium.launch(channel="chrome", args=FLAGS)  # where macOS and Windows keep it
    except Error as error:
        raise NoBrowserError("neither Chromium nor Chrome is installed") from error


@contextmanager
def _jupyterlab(folder: Path, notebooks: Path) -> Iterator[tuple[str, str]]:
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


def _identity(token: str) -> dict[str, str]:
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
            httpx.post(f"{url}api/shutdown", headers=_identity(token), timeout=TIMEOUT)
    left = _kill_late(_started_with(token), GRACE if url else 0)
    server.wait()
    if url and left:
        raise RuntimeError(f"did not end by itself: {left}")


def _started_with(token: str) -> list[psutil.Process]:
    """Return the server, the kernels and whatever those have started, also what outlived its parent."""
    everything = psutil.process_iter(["environ"])
    return [each for each in everything if (each.info["environ"] or {}).get("JUPYTER_TOKEN") == token]


def _kill_late(processes: list[psutil.Process], grace: float) -> list[psutil.Process]:
    """Wait for these processes to end; kill those that do not, and return them."""
    _, left = psutil.wait_procs(processes, timeout=grace)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return left
