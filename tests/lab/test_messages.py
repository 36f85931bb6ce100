"""How the lab's messages look, as text and as HTML.

After a change that is meant: pytest --snapshot-update.
"""

import re
from html import unescape
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from todo_lib.async_app.datastore import DataStoreDb as AsyncStore
from todo_lib.lab import code_of, diff
from todo_lib.lab.messages import CODE_STYLE, GROUNDS, LINE_STYLES, Note, Table
from todo_lib.lab.verdict import MAX_LINES, Outcome, Verdict
from todo_lib.sync_app.datastore import DataStoreDb as SyncStore

EVIL = '<script>alert("x")</script> & `<b>code</b>`'

SHOWN = {
    "note": Note(
        "!", "not awaited", ("this cell, line 3: `session.commit()`", "two\nlines"), code="await x()"
    ),
    "note with markup": Note("!", EVIL, (EVIL, "a ` alone"), code=EVIL),
    "table": Table(("id", "name"), ((1, "buy bread"), (10, "Äpfel"))),
    "empty table": Table(("id", "name"), ()),
    "diff": diff(SyncStore.get, AsyncStore.get),
    "diff with markup": diff(EVIL, "harmless"),
    "code": code_of(SyncStore.get_statistics),
    **{
        f"verdict {outcome.name}": Verdict(outcome, "get", "a cause", ("tried: get(1)", f"saw: {EVIL}"), 3, 4)
        for outcome in Outcome
    },
}


@pytest.mark.parametrize("name", SHOWN)
def test_text_and_html(name: str, snapshot: SnapshotAssertion) -> None:
    """Both are what they were when somebody last looked at them."""
    shown = SHOWN[name]
    html = shown._repr_html_() if hasattr(shown, "_repr_html_") else None
    assert (repr(shown), html) == snapshot


@pytest.mark.parametrize("name", SHOWN)
def test_markup_stays_text(name: str) -> None:
    """What a learner wrote is shown, never run."""
    html = getattr(SHOWN[name], "_repr_html_", str)()
    assert "<script" not in html
    assert "<b>" not in html


@pytest.mark.parametrize("name", SHOWN)
def test_the_words_are_the_same_in_both(name: str) -> None:
    """Whoever hears the text misses nothing of the page: no colour carries a meaning alone."""
    shown = SHOWN[name]
    if not isinstance(shown, Note | Verdict):
        return
    note = shown.note if isinstance(shown, Verdict) else shown
    assert repr(shown).startswith(f"{note.mark} {note.title}")
    told = unescape(
        re.sub(r"<br>|<pre.*", "\n", re.sub(r"</?(?!br|pre).*?>", "", shown._repr_html_()), flags=re.DOTALL)
    )
    assert told.splitlines()[0] == f"{note.mark} {note.title}".replace("`", "")


WHITE, DARK = "#ffffff", "#111111"  # JupyterLab's pages
TEXT = {WHITE: "#212121", DARK: "#ffffff"}  # and what it writes on them


def luminance(colour: str) -> float:
    """Return how bright a colour is: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def over(style: str, page: str) -> str:
    """Return the colour of a page through a background that lets it shine."""
    *colour, alpha = re.findall(r"[\d.]+", style)
    mixed = [
        round(int(part) * float(alpha) + int(page[place : place + 2], 16) * (1 - float(alpha)))
        for part, place in zip(colour, (1, 3, 5), strict=True)
    ]
    return "#" + "".join(f"{part:02x}" for part in mixed)


@pytest.mark.parametrize("outcome", Outcome)
def test_verdicts_are_told_apart_at_a_glance(outcome: Outcome) -> None:
    """By mark, word and colour, each of its own; right is green. All can be read on light and on dark."""
    mark, word = outcome.value
    html = Verdict(outcome, "get", holds=3, total=4)._repr_html_()
    word = word.format(holds=3, total=4)
    (ground,) = re.findall(
        rf"color:#ffffff;[^\"]*background:(#\w+)\">{re.escape(mark)} {word}</span>: get<", html
    )
    assert f"border-color:{ground}" in html
    assert contrast(WHITE, ground) >= 4.5  # the words, whatever the page
    assert min(contrast(ground, page) for page in (WHITE, DARK)) >= 3  # what is no text
    others = [other.value for other in Outcome if other is not outcome]
    assert ground not in [GROUNDS[mark] for mark, _ in others]
    red, green, blue = (int(ground[place : place + 2], 16) for place in (1, 3, 5))
    assert (green > red and green > blue) == (outcome is Outcome.RIGHT)


@pytest.mark.parametrize("page", [WHITE, DARK])
def test_code_can_be_read_on_its_ground(page: str) -> None:
    """What shines through, too: the code, and the lines of a difference."""
    ground = over(CODE_STYLE.rpartition("background:")[2], page)
    lines = [over(style, ground) for style in LINE_STYLES.values() if "rgba" in style]
    assert len(lines) == 2
    assert min(contrast(TEXT[page], each) for each in (ground, *lines)) >= 4.5


def test_a_verdict_is_never_longer_than_promised() -> None:
    """A learner reads eight lines, not eighty."""
    verdict = Verdict(Outcome.PARTLY, "get", lines=tuple(f"line {number}" for number in range(80)))
    assert len(repr(verdict).splitlines()) == MAX_LINES


def test_diff_takes_files_too(tmp_path: Path) -> None:
    """A path is read; equal things differ in nothing."""
    (tmp_path / "a.py").write_text("x = 1\ny = 2\n", encoding="utf-8")
    (tmp_path / "b.py").write_text("x = 1\ny = 3\n", encoding="utf-8")
    assert diff(tmp_path / "a.py", tmp_path / "b.py").lines == (" x = 1", "-y = 2", "+y = 3")
    assert diff(tmp_path / "a.py", tmp_path / "a.py").lines == ()
