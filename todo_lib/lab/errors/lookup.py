"""Errors that explain themselves: `explain(error)` says what happened, why here, and the usual way out.

    try:
        print(project.todos)
    except Exception as error:
        display(explain(error))

`explain()` alone explains the notebook's last error. `errors("lost update")` searches the catalogue, also
for what fails without any error. The texts are data, in `todo_lib/lab/errors/entries`.
"""

import functools
import linecache
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from textwrap import shorten

from todo_lib.lab.errors.entries import ENTRIES
from todo_lib.lab.errors.model import Entry, Seen, related
from todo_lib.lab.errors.search import Hit, How
from todo_lib.lab.errors.search import search as search_catalogue
from todo_lib.lab.libraries import is_library
from todo_lib.lab.messages import Note, Table

LAB_CODE = str(Path(__file__).parents[1])
COURSE_CODE = str(Path(__file__).parents[2])  # whatever is installed with the lab
_places: dict[str, str] = {}

LINK = re.compile(r"https://[^\s<\"']+[^\s<\"'.,)]")


class Explanation(Note):
    """A note whose addresses can be clicked."""

    def _repr_html_(self) -> str:
        return LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', super()._repr_html_())


@functools.cache
def catalogue() -> dict[str, Entry]:
    """Return every entry by its key."""
    return {entry.key: entry for entry in ENTRIES}


def find(error: BaseException) -> Entry | None:
    """Return the entry that explains this exception or warning, or None.

    Looks at the exception itself first, then at what it wraps (`.orig`, `__cause__`), what was being handled
    (`__context__`) and the members of an `ExceptionGroup`. The nearest that is in the catalogue decides.
    """
    return next((entries[0] for entries in map(fitting, related(error)) if entries), None)


def fitting(seen: Seen) -> list[Entry]:
    """Return every entry that one of its matchers finds in this exception, the highest rank first."""
    found = [entry for entry in catalogue().values() if any(matcher.fits(seen) for matcher in entry.matchers)]
    return sorted(found, key=lambda entry: -entry.rank)


def explain(error: BaseException | str | None = None) -> Note | Table:
    """Explain an exception or a warning; without one, the last error of this notebook.

    The key of an entry (see `errors()`) shows that entry.
    """
    if isinstance(error, str):
        return _entry_note(catalogue()[error]) if error in catalogue() else errors(error)
    error = error or getattr(sys, "last_value", None)
    if error is None:
        return Note("?", "there has been no error yet", ("Give me one: `explain(error)`.",))
    entry = find(error)
    if entry is None:
        return _unknown_note(error)
    return _entry_note(entry, *filter(None, (_own_line(error, entry), _wrapped(error))))


def errors(search: str | BaseException | type[BaseException] = "") -> Note | Table:
    """List the catalogue, or what fits: words, a class, a line or a whole traceback, pasted; the best first.

    What can only be meant is shown in full. An exception is explained, as `explain` does it.
    """
    if isinstance(search, BaseException):
        return explain(search)
    if isinstance(search, type):
        search = search.__name__
    if not search.strip():
        return _table(catalogue().values())
    hits = search_catalogue(search, catalogue().values())
    if not hits:
        text = shorten(search.strip().splitlines()[-1], 80, placeholder=" …")
        lines = (f"Nothing in the catalogue fits `{text}`.", "`errors()` lists all of it.")
        return Note("?", "not in the catalogue", lines)
    first, *others = hits
    if _is_meant(first, others, search):
        also = [hit.entry.key for hit in others if _may_be_meant(hit)]
        return _entry_note(first.entry, also=also)
    return _table(hit.entry for hit in hits) if others else _mention(first.entry)


def _is_meant(first: Hit, others: list[Hit], search: str) -> bool:
    """Return whether nothing else can be meant than the first that was found."""
    if first.how is How.SURE:
        return True
    if not others:
        return first.how >= How.WORDS and first.how is not How.CLASS
    return first.how in (How.PHRASE, How.PERHAPS) and others[0].how < first.how


def _may_be_meant(hit: Hit) -> bool:
    return hit.how in (How.PHRASE, How.PERHAPS) and hit.entry.rank >= 0


def _mention(entry: Entry) -> Note:
    lines = (f"`{entry.key}`: {entry.title}.", f"Is it that? `explain({entry.key!r})` shows it.")
    return Note("?", "one entry mentions this", lines)


def _table(entries: Iterable[Entry]) -> Table:
    rows = ((entry.key, "silent" if entry.silent else "", entry.title) for entry in entries)
    return Table(("key", "silent", "what goes wrong"), tuple(rows))


def _entry_note(entry: Entry, *found: str, also: Sequence[str] = ()) -> Note:
    lines = (
        *found,
        f"What happened: {entry.happened}",
        f"Why: {entry.why}",
        *([f"How to notice: {entry.notice}"] if entry.notice else []),
        f"Usual fix: {entry.fix}",
        f"More: {_place_of(entry)}{entry.url}",
        *([f"Or is it {' or '.join(f'`{key}`' for key in also)}? `errors()` lists them."] if also else []),
    )
    return Explanation("!", entry.title, lines, entry.code)


def _wrapped(error: BaseException) -> str:
    """Return what `except` must name, if the error that is explained is inside another; "" if it is not."""
    word, raised = "except", error
    while isinstance(raised, BaseExceptionGroup):
        word, raised = (
            "except*",
            next((each for each in raised.exceptions if find(each)), raised.exceptions[0]),
        )
    inner = next((seen.error for seen in related(raised, with_context=False) if fitting(seen)), raised)
    if inner is error:
        return ""
    catches = f"`{word} {type(raised).__name__}` catches it"
    if inner is raised:
        return f"It is inside an `{type(error).__name__}`: {catches}."
    where = "orig" if getattr(raised, "orig", None) is inner else "__cause__"
    return f"The `{type(inner).__name__}` is wrapped: {catches}; `error.{where}` is what is inside."


def tell_where(places: Mapping[str, str]) -> None:
    """Say where a course treats the catalogue's topics: topic → what to read, for instance a notebook."""
    _places.update(places)


def _place_of(entry: Entry) -> str:
    place = _places.get(entry.topic, "")
    return f"{place}, " if place else ""


def _unknown_note(error: BaseException) -> Note:
    message = Seen(error, ()).text.strip().partition("\n")[0]
    own_line = _own_line(error)
    lines = (
        "Not every error has a page here. Begin with the last line of the traceback:",
        f"`{type(error).__name__}{': ' if message else ''}{message}`",
        *([own_line] if own_line else []),
        "Then look for a word of it: `errors('word')`. `%tb Context` shows the error in full.",
    )
    return Note("?", "this error is not in the catalogue", lines)


def _own_line(error: BaseException, entry: Entry | None = None) -> str:
    """Return the line, no library's, that led to the error, as a sentence; empty if there is none."""
    for seen in _members_first(error, entry):
        for call in reversed(seen.calls):
            file = call.tb_frame.f_code.co_filename
            code = linecache.getline(file, call.tb_lineno, call.tb_frame.f_globals).strip()
            if code and not file.startswith(LAB_CODE) and not is_library(file):
                module = f" of {Path(file).name}" if Path(file).is_file() else ""  # a cell is no file
                whose = "The course's line" if file.startswith(COURSE_CODE) else "Your line"
                return f"{whose} {call.tb_lineno}{module}: `{code}`"
    return ""


def _members_first(error: BaseException, entry: Entry | None) -> list[Seen]:
    """Return what belongs to an error, the members of a group before it: its own line only waits for them.

    The one that the entry explains is the first of the members.
    """
    every = list(related(error))
    if not any(isinstance(seen.error, BaseExceptionGroup) for seen in every):
        return every
    return sorted(
        every,
        key=lambda seen: (
            isinstance(seen.error, BaseExceptionGroup),
            entry is not None and entry not in fitting(seen),
        ),
    )
