"""JupyterLab in a real browser, untouched by the settings of whoever runs the tests.

    with browser_session(notebooks) as jupyterlab:
        assert jupyterlab.problems(path) == []

Nothing is clicked: JupyterLab hands out its application (`expose_app_in_browser`), and the commands that its
menus call are called in there. The page is loaded once: that costs more than most notebooks.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import nbformat
import psutil
from nbformat import NotebookNode
from playwright.sync_api import Browser, Error, Page, Playwright, TimeoutError, sync_playwright

from tests.authoring.jupyterlab import GRACE, TIMEOUT, identity, jupyterlab, kill_late, started_with

WIDTH, HEIGHT = 1100, 800  # of the window: a small laptop's
TALLEST = 15_000  # Chromium draws no picture beyond 16,384 pixels

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
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
HAS_THEME = """(name) => document.body.dataset.jpThemeName === name
    && !document.querySelector('#jupyterlab-splash')"""
# Light comes last: so the page is left, and so the next notebook is opened.
THEMES = {"dark": ("JupyterLab Dark", "_dark"), "light": ("JupyterLab Light", "")}
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
        stored, before = nbformat.read(path, as_version=4), started_with(self.token)
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
            for scheme, (theme, suffix) in THEMES.items():
                self.page.emulate_media(color_scheme=scheme)
                self.page.wait_for_function(HAS_THEME, arg=theme)
                (pictures / f"{name}{suffix}.png").write_bytes(self.page.screenshot())
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})  # a tall page is slow when cells run
        return found

    def _stop_kernel(self, before: list[psutil.Process], grace: float) -> list[str]:
        for session in self.api.get("api/sessions").json():
            self.api.delete(f"api/sessions/{session['id']}").raise_for_status()
        left = kill_late([process for process in started_with(self.token) if process not in before], grace)
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
        jupyterlab(Path(folder), notebooks) as (url, token),
        httpx.Client(base_url=url, headers=identity(token), timeout=TIMEOUT) as api,
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
