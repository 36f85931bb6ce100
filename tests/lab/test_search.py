"""The search of the catalogue: whatever a learner has of an error leads to its entry, the best first.

What the failures print is tried as they happen, in `test_errors.py`. Here it is tried once more as it is
kept in `todo_lib/lab/errors/printed.toml`, whole and in pieces.
"""

import re

import pytest
from sqlalchemy.exc import MissingGreenlet, StatementError

from tests.lab.searching import found, keys, prints_the_same
from todo_lib.lab.errors.lookup import catalogue, errors
from todo_lib.lab.errors.model import Entry, Matcher
from todo_lib.lab.errors.search import Hit, How, printed, search
from todo_lib.lab.messages import Note, Table

ENTRIES = list(catalogue().values())
LINES = [(key, line) for key, lines in printed().items() for line in lines]
WINDOW = 5  # words that a person remembers


def table(misses: list[tuple[str, str, list[str]]]) -> str:
    """Return what was looked for, what should be found, and what is."""
    return "\n".join(f"{text!r} should give {key}, gives {hits}" for key, text, hits in misses)


def misses(key: str, texts: list[str]) -> list[tuple[str, str, list[str]]]:
    """Return the texts that do not lead to an entry, or to others first that have not the same reason."""
    missed = []
    for text in texts:
        hits = found(text)
        right = next((hit for hit in hits if hit.entry.key == key), None)
        if right is None or right.how < hits[0].how:
            missed.append((key, text, keys(hits)))
    return missed


def is_as_good(own: Hit, first: Hit, text: str) -> bool:
    """Return whether another entry may come first: its failure prints this, too."""
    return own.how == first.how or first.how is How.SURE or prints_the_same(text, [first.entry.key])


# -- what is kept --------------------------------------------------------------------------------------


def test_what_failures_print_is_kept():
    """`pytest tests/lab/test_errors.py --snapshot-update` keeps it."""
    assert {entry.key for entry in ENTRIES if entry.matchers} == printed().keys()


def test_every_line_leads_to_its_entry():
    """First, unless the failure that comes first prints the same; here is the table."""
    rows = [(key, line, keys(found(line))) for key, line in LINES]
    print(*(f"{key:28} {line[:60]:60} {hits}" for key, line, hits in rows), sep="\n")
    missed = [row for row in rows if row[2][:1] != [row[0]] and not prints_the_same(row[1], row[2][:1])]
    missed += [row for row in rows if row[0] not in row[2]]
    assert not missed, table(missed)


def test_every_fragment_leads_to_its_entry():
    """Any five words of a message; what comes before it prints them, too."""
    missed = []
    for key, line in LINES:
        words = line.split()
        windows = [words[at : at + WINDOW] for at in range(max(1, len(words) - WINDOW + 1))]
        for text in map(" ".join, windows):
            hits = found(text)
            own = next((hit for hit in hits if hit.entry.key == key), None)
            names_class = text.partition(":")[0] == line.partition(":")[0]
            if own is None or not (names_class or is_as_good(own, hits[0], text)):
                missed.append((key, text, keys(hits)))
    assert not missed, table(missed)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_entry_is_found_by_its_names(entry: Entry):
    """Its key, with hyphens or without, its title, the words of its title in any order."""
    title = re.sub(r"[`:,]", "", entry.title)
    backwards = " ".join(reversed(title.split()))
    assert keys(found(entry.key)) == [entry.key]
    missed = misses(entry.key, [entry.key.replace("-", " "), entry.title, title, backwards])
    assert not missed, table(missed)
    assert keys(found(entry.title))[0] == entry.key


@pytest.mark.parametrize("name", sorted({line.partition(": ")[0] for _, line in LINES if ": " in line}))
def test_class_lists_all_its_entries(name: str):
    """With its module or a colon, too; among those that look for this class the highest rank is first."""
    for text in (name, f"{name}:", f"sqlalchemy.exc.{name}", name.lower()):
        hits = found(text)
        assert {key for key, line in LINES if line.startswith(f"{name}: ")} <= set(keys(hits)), text
        own = [h.entry.rank for h in hits if any(name in matcher.types for matcher in h.entry.matchers)]
        assert own == sorted(own, reverse=True)


# -- words ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("MissingGreenlet", "lazy-load"), ("missinggreenlet", "lazy-load"), ("greenlet", "lazy-load"),
        ("greenlet_spawn has not been called", "lazy-load"), ("await_only() here", "lazy-load"),
        ("connection timed out", "pool-exhausted"), ("concurrent operations", "shared-session-cold"),
        ("different loop", "different-loop"), ("never awaited", "never-awaited"),
        ("NoResultFound", "no-result-found"),
        ("not bound to a Session", "detached-instance"),
        ("greenlet is not installed", "greenlet-not-installed"),
        ("I get QueuePool limit errors under load", "pool-exhausted"),
    ],
)  # fmt: skip
def test_words_lead_to_the_central_entry(text: str, key: str):
    """Class names and what a message says count more than explanations; among equals the rank decides."""
    assert keys(found(text))[0] == key


@pytest.mark.parametrize("text", ["hang", "UNIQUE", "utter", "lock", "loo"])
def test_whole_words_only(text: str):
    """`hang` is not in `change`, `UNIQUE` is not `unique()`."""
    assert "unique-needed" not in keys(found(text))
    for hit in found(text):
        texts = (
            hit.entry.key,
            hit.entry.title,
            hit.entry.happened,
            hit.entry.why,
            hit.entry.fix,
            hit.entry.notice,
        )
        everything = "\n".join([*texts, *printed().get(hit.entry.key, ())])
        assert re.search(rf"(?i)\b{text}s?\b", everything)


def test_entry_of_its_own_comes_before_those_that_print_the_word_too():
    """Whatever their rank: what fails for a taken name is not always a commit after the response."""
    matcher = Matcher(("IntegrityError",), "UNIQUE constraint failed|duplicate key value")
    taken = Entry(
        "name-taken", "A value is taken", "It is.", "Why.", "Fix.", "topic", "url", matchers=(matcher,)
    )
    line = "sqlalchemy.exc.IntegrityError: (sqlite3.IntegrityError) UNIQUE constraint failed: users.email"
    entries = [
        *(each for each in ENTRIES if each.key in ("commit-after-response", "pending-rollback")),
        taken,
    ]
    for text in ("UNIQUE", "UNIQUE constraint", "UNIQUE constraint failed", "IntegrityError", line):
        assert keys(search(text, entries))[0] == "name-taken", text
    assert "commit-after-response" in keys(search(line, entries))


@pytest.mark.parametrize("code", ["xd2s", "bhk3", "3o7r", "isce"])
def test_link_of_sqlalchemy_is_read(code: str):
    """It names the error, in every version."""
    expected = [key for key, line in LINES if f"({code})" in line]
    for link in (
        f"https://sqlalche.me/e/20/{code}",
        f"(Background on this error at: https://sqlalche.me/e/21/{code})",
    ):
        assert set(keys(found(link))) >= set(expected) != set()


def test_typing_error_in_a_class_is_forgiven():
    """If nothing else is found."""
    assert keys(found("MissingGreelet")) == [
        hit.entry.key for hit in found("MissingGreenlet") if hit.how is How.CLASS
    ]
    assert keys(found("DetachedInstance")) == ["detached-instance"]
    assert not found("KeyError")


def test_errors_lists_everything():
    """Key, silent or not, title."""
    table = errors()
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == list(catalogue())
    silent = {row[0] for row in table.rows if row[1]}
    assert {"lost-update", "foreign-keys-off", "memory-shared", "never-awaited"} <= silent
    assert {"lazy-load", "pool-exhausted"}.isdisjoint(silent)


@pytest.mark.parametrize("search", ["Commit", "two TASKS", "aiosqlite", "silent"])
def test_errors_searches_without_regard_to_case(search: str):
    """In keys, titles and texts."""
    found = {row[0] for row in errors(search).rows}
    assert found == {row[0] for row in errors(search.swapcase()).rows}
    assert 1 < len(found) < len(ENTRIES)


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ("QueuePool limit of size 5 overflow 10 reached, connection timed out", "pool-exhausted"),
        ("RuntimeWarning: coroutine 'AsyncSession.commit' was never awaited", "never-awaited"),
        ("sqlite3.OperationalError: database is locked", "database-locked"),
    ],
)
def test_errors_understands_a_pasted_message(message: str, key: str):
    """From a log there is no exception, only its text."""
    assert errors(message).title == catalogue()[key].title


def test_errors_says_when_nothing_fits():
    """Kindly."""
    note = errors("flux capacitor")
    assert isinstance(note, Note)
    assert "`flux capacitor`" in note.lines[0]
    pasted = f'Traceback (most recent call last):\n  File "a.py", line 1, in f\nKeyError: {"long " * 100}'
    assert "`KeyError: long " in errors(pasted).lines[0]
    assert len(repr(errors(pasted))) < 200


def test_single_weak_hit_is_no_diagnosis():
    """One word of an explanation."""
    for text in ("hang", "blockbuster"):
        (hit,) = found(text)
        note = errors(text)
        assert isinstance(note, Note)
        assert note.title == "one entry mentions this"
        assert hit.entry.key in repr(note)
        assert hit.entry.fix not in repr(note)


@pytest.mark.parametrize(
    "text",
    [
        "TypeError: 'NoneType' object is not subscriptable", "KeyError: 'id'", "1 / 0", "???",
        "flux capacitor",
        "AttributeError: 'Task' object has no attribute 'nmae'", "ValueError: invalid literal for int()",
    ],
)  # fmt: skip
def test_everyday_errors_are_not_in_the_catalogue(text: str):
    """Nothing is better than something that looks alike."""
    assert errors(text).title == "not in the catalogue"


def test_what_is_certain_is_shown_in_full_and_names_the_others():
    """A coroutine has no attribute: an `await` is missing, or it stands in the wrong place."""
    note = errors("AttributeError: 'coroutine' object has no attribute 'scalars'")
    assert note.title == catalogue()["forgotten-await"].title
    assert note.lines[-1].startswith("Or is it `await-precedence`")


def test_what_is_open_is_a_list():
    """The message is the same for all of them."""
    shown = errors("MissingGreenlet")
    assert isinstance(shown, Table)
    by_class = {entry.key for entry in ENTRIES if any("MissingGreenlet" in m.types for m in entry.matchers)}
    assert by_class | {"pydantic-relationship"} == {row[0] for row in shown.rows}
    assert found("MissingGreenlet")[0].how is How.CLASS


def test_exceptions_and_classes_can_be_given():
    """Wrapped ones, too, as SQLAlchemy 2.1 wraps them."""
    missing = MissingGreenlet("greenlet_spawn has not been called")
    title = catalogue()["io-outside-await"].title
    wrapped = StatementError("not called", "SELECT 1", {}, missing)
    caused = RuntimeError("no")
    caused.__cause__ = wrapped
    for error in (missing, wrapped, caused, ExceptionGroup("several", [KeyError("x"), wrapped])):
        assert errors(error).title == title
    assert errors(MissingGreenlet) == errors("MissingGreenlet")
