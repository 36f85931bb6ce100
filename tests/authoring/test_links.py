"""No link of the course leads nowhere: those within it are followed here, those on the web are in a list."""

import re
from pathlib import Path

import httpx
import pytest

from todo_lib.authoring import links
from todo_lib.authoring.build import NOTEBOOKS
from todo_lib.authoring.links import BROKEN, HEAD, LIST, NEW, OK, SILENT, STORED, Document
from todo_lib.course.migration.project import REPOSITORY
from todo_lib.course.syllabus import lessons

NOTEBOOK = lessons()[0].notebook
PAGE = '<a name=old></a><h2 id="set-up">Set up</h2><dt id="sqlalchemy.Result">'

# What stands in a Markdown file beside README.md, and the word that tells what is wrong with it.
BAD = {
    "a file that is gone": ("[a](gone.md)", "does not exist"),
    "by reference": ("[a][b]\n\n[b]: gone.md", "does not exist"),
    "in HTML": ("<a href='gone.md'>a</a>", "does not exist"),
    "a picture that is gone": ("![a](gone.png)", "does not exist"),
    "a picture without words": ("![](.github/lesson.png)", "without a word"),
    "a picture in HTML without words": ('<img src=".github/lesson.png">', "without a word"),
    "a heading that is gone": ("# Here\n\n[a](#there)", "no heading; there are: here"),
    "another file's heading": ("[a](README.md#gone)", "no heading"),
    "JupyterLab's anchor on GitHub": ("# Set up\n\n[a](#Set-up)", "no heading; there are: set-up"),
    "a lesson that is gone": ("[a](notebooks/99_gone.ipynb)", "does not exist"),
    "another protocol": ("[a](ftp://a.dev/b)", "neither a file nor"),
}
BAD_IN_A_NOTEBOOK = {
    "out of sight": ("[a](../README.md)", "outside of what JupyterLab shows"),
    "GitHub's anchor in JupyterLab": ("# Set up\n\n[a](#set-up)", "no heading; there are: Set-up"),
    "a lesson that is gone": ("[a](99_gone.ipynb)", "does not exist"),
}
GOOD = {
    "files": ("README.md", "[a](CONTRIBUTING.md) ![b](.github/lesson.png) [c](todo_lib/sqlite.py)"),
    "headings": ("README.md", "# `Set` up, now!\n\n[a](#set-up-now) [b](README.md#for-learners)"),
    "headings of a notebook": ("notebooks/x.ipynb", "# `Set` up, now!\n\n[a](#Set-up,-now!)"),
    "another notebook": ("notebooks/x.ipynb", f"[a]({NOTEBOOK})"),
    "code": ("README.md", "`[a](gone.md)`\n\n    ![](gone.png)\n"),
    "the web": ("README.md", "[a](https://docs.python.org) <http://127.0.0.1:8000/docs>"),
}


@pytest.mark.parametrize("text", links.documents(), ids=lambda text: text.path.name)
def test_links_within_the_course(text: Document) -> None:
    """Files, headings and pictures are there, and a picture says what it shows."""
    found = links.problems(text)
    assert not found, "\n".join(found)


def test_every_address_is_in_the_list() -> None:
    """Sorted, each once, with a status in words that are known; the list holds no other."""
    named = links.named()
    changed = sorted(named ^ links.listed().keys())
    assert not changed, "run: make links; added or gone: " + ", ".join(changed)
    lines = LIST.read_text(encoding="utf-8").splitlines()
    assert [line.partition("  ")[0] for line in lines] == [HEAD, *sorted(named)]
    day = r"\d{4}-\d\d-\d\d"
    known = re.compile(f"(?:{OK}|{STORED}){day}|{NEW}|{SILENT}|{BROKEN}.+")
    assert [status for status in links.listed().values() if not known.fullmatch(status)] == []


def test_no_address_is_known_to_be_broken() -> None:
    """Whoever visits one and finds nothing there notes it, and then it must be corrected."""
    assert [each for each in links.listed().items() if each[1].startswith(BROKEN)] == []


@pytest.mark.parametrize("name", BAD)
def test_a_bad_link_in_a_file(name: str) -> None:
    """It is found, once."""
    text, words = BAD[name]
    (problem,) = links.problems(Document(REPOSITORY / "made_up.md", (text,)))
    assert words in problem


@pytest.mark.parametrize("name", BAD_IN_A_NOTEBOOK)
def test_a_bad_link_in_a_notebook(name: str) -> None:
    """It is found, once."""
    text, words = BAD_IN_A_NOTEBOOK[name]
    (problem,) = links.problems(Document(NOTEBOOKS / "made_up.ipynb", (text,)))
    assert words in problem


def test_a_notebook_without_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next `make notebooks` would not know it."""
    monkeypatch.setattr(links, "NOTEBOOKS", tmp_path)
    (tmp_path / "99_alone.ipynb").touch()
    (problem,) = links.problems(Document(tmp_path / "made_up.ipynb", ("[a](99_alone.ipynb)",)))
    assert "has no source" in problem


@pytest.mark.parametrize("name", GOOD)
def test_a_good_link(name: str) -> None:
    """Nothing is said."""
    path, text = GOOD[name]
    assert links.problems(Document(REPOSITORY / path, (text,))) == []


def test_addresses_are_found_wherever_they_stand() -> None:
    """In links, texts, code and outputs; with the marks of the sentence taken off."""
    text = "[a](https://a.dev/x_(y)) <https://b.dev#c> see https://c.dev/d, `https://d.dev`.\n\n    https://e.dev\n"
    other = ('<a href="https://f.dev/">', "(Background: https://g.dev/e/x)", "\x1b[31mhttps://h.dev\x1b[0m")
    found = Document(REPOSITORY / "made_up.md", (text,), other).addresses
    assert sorted(found) == [
        "https://a.dev/x_(y)", "https://b.dev#c", "https://c.dev/d", "https://d.dev", "https://e.dev",
        "https://f.dev/", "https://g.dev/e/x", "https://h.dev",
    ]  # fmt: skip


def test_examples_are_no_addresses() -> None:
    """Nobody can visit them."""
    assert (
        links.addresses("http://test/x http://127.0.0.1:80 https://a.example.com http://x.invalid") == set()
    )


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("https://a.dev/page", OK),
        ("https://a.dev/page#set-up", OK),
        ("https://a.dev/page#old", OK),
        ("https://a.dev/page#sqlalchemy.Result", OK),
        ("https://a.dev/page#gone", f"{BROKEN}the page has no #gone"),
        ("https://a.dev/gone", f"{BROKEN}404"),
        ("https://a.dev/no-head", OK),
        ("https://a.dev/forbidden", SILENT),
        ("https://nowhere.dev/", SILENT),
    ],
)
async def test_a_visit(address: str, status: str) -> None:
    """Only a server that answers can say that something is broken."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "nowhere.dev":
            raise httpx.ConnectError("no such host")
        codes = {"/gone": 404, "/forbidden": 403, "/no-head": 405 if request.method == "HEAD" else 200}
        return httpx.Response(codes.get(request.url.path, 200), text=PAGE)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        found = await links.visit(client, address)
        assert found.startswith(status)
        known = {address: f"{STORED}2026-11-24"}
        kept = await links.visited(known, client)
    assert kept == (known if status == SILENT else {address: found})
