"""How the lab's messages look, as text and as HTML.

After a change that is meant: pytest --snapshot-update.
"""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from todo_lib.async_app.datastore import DataStoreDb as AsyncStore
from todo_lib.lab import code_of, diff
from todo_lib.lab.messages import Note, Table
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
    """Whoever hears the text misses nothing of the page, and no colour carries a meaning alone."""
    shown = SHOWN[name]
    if not isinstance(shown, Note | Verdict):
        return
    note = shown.note if isinstance(shown, Verdict) else shown
    assert repr(shown).startswith(f"{note.mark} {note.title}")
    assert "color:" not in shown._repr_html_()


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
