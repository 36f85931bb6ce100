"""Every link of the course: `make links` lists the addresses on the web in links.txt and visits them.

A status stays until a visit says otherwise, so the list can be made anew without a network. What was read in
a stored copy of a documentation is noted by hand: "seen in stored documentation" and the day.

Headings have other anchors in a notebook than in a file on GitHub. JupyterLab and nbconvert only put `-` for
each space ("Set-up"); GitHub makes a Markdown file's headings lower-case as well and drops the marks.
"""

import argparse
import asyncio
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import nbformat
from markdown_it import MarkdownIt
from markdown_it.token import Token
from nbformat import NotebookNode

from todo_lib.authoring.build import NOTEBOOKS
from todo_lib.authoring.editions import notebook
from todo_lib.course.migration.project import REPOSITORY
from todo_lib.course.source import sources
from todo_lib.course.syllabus import lessons
from todo_lib.lab.errors.entries import ENTRIES

LIST = Path(__file__).with_name("links.txt")
HEAD = "# Every address on the web that the course names, and how it was last seen. Regenerate: make links"

NEW, SILENT, BROKEN, OK, STORED = (
    "not checked", "not reachable from here", "broken: ", "ok ", "seen in stored documentation ",
)  # fmt: skip

PARSER = MarkdownIt("commonmark").enable("table")
ADDRESS = re.compile(r"https?://[^\s<>\"'`\\()\[\]{}|*\x1b]+")
# What is only an example: no name with a dot, an address in numbers, a name that is reserved.
PUBLIC = re.compile(
    r"https?://(?!(?:[\w-]+\.)*(?:example\.(?:com|org|net)|example|invalid|test)\b)(?:[\w-]+\.)+[a-z]{2,}(?![\w.])"
)
GONE = {404, 410}


@dataclass(frozen=True)
class Link:
    """Where a link or an image leads."""

    target: str
    alt: str | None = None
    """What an image says to those who do not see it; None for a link."""


@dataclass(frozen=True)
class Document:
    """A text with links."""

    path: Path
    markdown: tuple[str, ...]
    """Cell by cell: JupyterLab reads each by itself."""
    other: tuple[str, ...] = ()
    """Code and outputs: there, an address is just a text."""

    @property
    def is_notebook(self) -> bool:
        """Return whether JupyterLab shows it."""
        return self.path.is_relative_to(NOTEBOOKS)

    @property
    def base(self) -> Path:
        """Return where relative links start."""
        return self.path.parent

    @cached_property
    def tokens(self) -> list[Token]:
        """Return what Markdown sees, the parts of a paragraph after it."""
        blocks = itertools.chain.from_iterable(map(PARSER.parse, self.markdown))
        return [token for block in blocks for token in (block, *(block.children or ()))]

    @property
    def links(self) -> Iterator[Link]:
        """Return the links and images, those written in HTML too."""
        for token in self.tokens:
            if token.type == "link_open":
                yield Link(str(token.attrs["href"]))
            elif token.type == "image":
                yield Link(str(token.attrs["src"]), token.content)
            elif token.type in {"html_block", "html_inline"}:
                yield from _links_in_html(token.content)

    @property
    def anchors(self) -> set[str]:
        """Return what may stand behind `#`."""
        headings = {
            "".join(part.content for part in text.children or ())
            for head, text in itertools.pairwise(self.tokens)
            if head.type == "heading_open"
        }
        return {heading.replace(" ", "-") if self.is_notebook else on_github(heading) for heading in headings}

    @property
    def addresses(self) -> set[str]:
        """Return the addresses on the web."""
        texts = (token.content for token in self.tokens if token.type not in {"inline", "image"})
        return {link.target for link in self.links if PUBLIC.match(link.target)} | addresses(
            *texts, *self.other
        )


def on_github(heading: str) -> str:
    """Return the anchor of a heading in a Markdown file."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def addresses(*texts: str) -> set[str]:
    """Return the addresses on the web that stand in these texts."""
    found = {address.rstrip(".,;:!?") for text in texts for address in ADDRESS.findall(text)}
    return {address for address in found if PUBLIC.match(address)}


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[Link] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in values:
            self.links.append(Link(values["href"]))
        if tag == "img":
            self.links.append(Link(values.get("src", ""), values.get("alt", "")))


def _links_in_html(html: str) -> list[Link]:
    tags = _Tags()
    tags.feed(html)
    return tags.links


def document(path: Path) -> Document:
    """Read a Markdown file or a notebook."""
    if path.suffix == ".ipynb":
        return of_cells(path, nbformat.read(path, as_version=4).cells)
    return Document(path, (path.read_text(encoding="utf-8"),))


def of_cells(path: Path, cells: list[NotebookNode]) -> Document:
    """Return the document that these cells make, as if it stood at `path`."""
    markdown = tuple(cell.source for cell in cells if cell.cell_type == "markdown")
    code = [cell for cell in cells if cell.cell_type == "code"]
    outputs = (text for cell in code for output in cell.get("outputs", ()) for text in _texts(output))
    return Document(path, markdown, (*(cell.source for cell in code), *outputs))


def _texts(output: NotebookNode) -> Iterator[str]:
    yield output.get("text", "")
    yield from output.get("traceback", ())
    yield from (unescape(text) for kind, text in output.get("data", {}).items() if kind.startswith("text/"))


def documents() -> list[Document]:
    """Return every text that a learner or a maintainer reads."""
    paths = [*REPOSITORY.glob("*.md"), *REPOSITORY.glob(".github/*.md"), *NOTEBOOKS.glob("*.ipynb")]
    solved = (
        of_cells(NOTEBOOKS / f"solved_{each.info.notebook}", notebook(each, "solved").cells)
        for each in sources()
    )
    return [*map(document, sorted(paths)), *solved]


def problems(text: Document) -> list[str]:
    """Return what is wrong with the links of a text that stay within the course."""
    return [
        f"{text.path.name}: {link.target} {problem}"
        for link in text.links
        for problem in _problems(text, link)
    ]


def _problems(text: Document, link: Link) -> Iterator[str]:
    if link.alt is not None and not link.alt.strip():
        yield "is an image without a word for those who do not see it"
    parts = urlsplit(link.target)
    if parts.scheme in {"http", "https"}:
        return
    if parts.scheme or parts.netloc:
        yield "is neither a file nor a page on the web"
        return
    path = (text.base / unquote(parts.path)).resolve()
    if not path.exists():
        yield "does not exist"
    elif text.is_notebook and not path.is_relative_to(NOTEBOOKS):
        yield "is outside of what JupyterLab shows"
    elif path.suffix == ".ipynb" and path.name not in {each.notebook for each in lessons()}:
        yield "has no source"
    elif parts.fragment:
        anchors = (document(path) if parts.path else text).anchors
        if unquote(parts.fragment) not in anchors:
            yield f"leads to no heading; there are: {', '.join(sorted(anchors))}"


def named() -> set[str]:
    """Return every address on the web that the course names."""
    code = (
        path.read_text(encoding="utf-8")
        for kind in ("py", "toml")
        for path in REPOSITORY.glob(f"todo_lib/**/*.{kind}")
    )
    pages = (path.read_text(encoding="utf-8") for path in REPOSITORY.glob("todo_lib/**/*.html"))
    found = {entry.url for entry in ENTRIES} | addresses(*code, *map(unescape, pages))
    return found.union(*(text.addresses for text in documents()))


def listed() -> dict[str, str]:
    """Return the addresses of the list, each with its status."""
    lines = LIST.read_text(encoding="utf-8").splitlines()[1:] if LIST.exists() else []
    return {address: status for address, _, status in (line.partition("  ") for line in lines)}


async def visit(client: httpx.AsyncClient, address: str) -> str:
    """Return the status of an address; where it names a heading, the page must have it."""
    page, _, anchor = address.partition("#")
    try:
        answer = await client.head(page)
        if anchor or answer.is_error:  # not every server understands HEAD
            answer = await client.get(page)
    except httpx.HTTPError:
        return SILENT
    if answer.status_code in GONE:
        return f"{BROKEN}{answer.status_code}"
    if answer.is_error:
        return SILENT
    ids = re.findall(r"\b(?:id|name)=[\"']?([^\"'\s>]+)", answer.text)
    if anchor and unquote(anchor) not in map(unescape, ids):
        return f"{BROKEN}the page has no #{anchor}"
    return f"{OK}{date.today()}"


async def visited(known: dict[str, str], client: httpx.AsyncClient) -> dict[str, str]:
    """Visit each address, eight at a time. Silence says nothing, so the last status stays."""
    places = asyncio.Semaphore(8)

    async def status(address: str) -> str:
        async with places:
            now = await visit(client, address)
        return known[address] if now == SILENT and known[address] != NEW else now

    return dict(zip(known, await asyncio.gather(*map(status, known)), strict=True))


def summary(known: dict[str, str]) -> str:
    """Return how many addresses were seen, and how."""
    kinds = Counter(re.sub(r" \d{4}-.*|: .*", "", status) for status in known.values())
    return f"{len(known)} addresses: " + ", ".join(f"{times} {kind}" for kind, times in sorted(kinds.items()))


async def update() -> dict[str, str]:
    """Write the list anew; return it."""
    before = listed()
    known = {address: before.get(address, NEW) for address in sorted(named())}
    async with httpx.AsyncClient(follow_redirects=True, timeout=10) as client:
        known = await visited(known, client)
    lines = [HEAD, *(f"{address}  {status}" for address, status in known.items())]
    LIST.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return known


def main() -> None:
    """Update the list, or only say what it holds."""
    parser = argparse.ArgumentParser(description="List and visit the addresses that the course names.")
    parser.add_argument("--status", action="store_true", help="visit nothing; print what the list says")
    print(summary(listed() if parser.parse_args().status else asyncio.run(update())))


if __name__ == "__main__":
    main()
