"""The search of the catalogue: by a pasted traceback, a line, the name of a class, or words."""

import builtins
import difflib
import functools
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

from todo_lib.lab.errors.model import Entry, Fit
from todo_lib.lab.errors.pasted import WRAPPED, exceptions_in
from todo_lib.lab.errors.printed_predicates import PRINTED_TESTS

PRINTED = Path(__file__).with_name("printed.toml")
"""What the failures of the catalogue print: each key with some first lines. `tests/lab` keeps it."""

PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")  # of MissingGreenlet, of greenlet_spawn
CLASS = re.compile(r"(?:\w+\.)*(\w+):?")
NO_WORDS = re.compile(r"\(\?!.*?\)|\\\w")  # in a pattern: what must not follow, classes of characters
LINK = re.compile(r"\(?(?:Background on this error at: )?(?:https://)?sqlalche\.me/e/\d+/(\w+)\)?")
NAMES = re.compile(
    r"(?<=constraint failed: )\S+|(?<=validation error for )\w+|\b(?:sqlite3|asyncpg|psycopg)\.\w+"
)  # of the learner's tables and models, of drivers
FEW = 5  # entries, if none has all the words; a rare word is in no more than these


class How(IntEnum):
    """Why an entry was found, the weakest reason first."""

    SOME_WORDS = 0
    MENTIONED = 1  # in its explanation
    PRINTED = 2  # in its name, in its title, in what its failure prints
    WORDS = 3  # the same without what is printed; that may speak of more than this failure
    PHRASE = 4  # as `PRINTED`, and one after the other
    CLASS = 5
    PERHAPS = 6  # the text leaves open which of several it is
    SURE = 7


@dataclass(frozen=True)
class Hit:
    """An entry that was found."""

    entry: Entry
    how: How


def search(text: str, entries: Iterable[Entry]) -> list[Hit]:
    """Return the entries that a text leads to, the best first.

    The text is whatever a learner has: a traceback as Python, IPython or pytest prints it, its last line, a
    line of a log, the name of a class, a fragment of a message, or words. Each entry comes once. Among equals
    the higher `rank` is first, then the order of `entries`.
    """
    entries, text = list(entries), text.strip()
    exact = [
        Hit(entry, How.SURE)
        for entry in entries
        if text == entry.key or _phrase(text) == _phrase(entry.title)
    ]
    if exact:
        return exact
    if link := LINK.fullmatch(text):
        text = link[1]
    best = _by_class(text, entries) or _by_matchers(text, entries)
    if best and "\n" in text:  # a traceback rules out what prints the same
        return best
    found = {hit.entry.key for hit in best}
    said = [
        hit
        for hit in _by_words(text, entries)
        if hit.entry.key not in found and not _is_ruled_out(hit.entry, text)
    ]
    least = How.PHRASE if best and best[0].how is not How.CLASS else How.PRINTED
    hits = best + [hit for hit in said if not best or hit.how >= least]
    if not hits and CLASS.fullmatch(text):
        return _by_class(_resembling(text, entries), entries)
    return _sorted(hits) if best and best[0].how is How.PHRASE else hits


# -- what Python prints --------------------------------------------------------------------------------


def _by_matchers(text: str, entries: Sequence[Entry]) -> list[Hit]:
    """Return the entries whose matchers fit the nearest exception that any of them fits.

    If none fits, the classes may be wrong: a log names its own. Then the messages alone decide.
    """
    told = list(exceptions_in(text))
    for pasted in (*told, *(replace(each, names=()) for each in told)):
        fits = {
            e.key: max((m.fits_text(pasted, PRINTED_TESTS) for m in e.matchers), default=Fit.NO)
            for e in entries
        }
        found = [
            Hit(entry, How.SURE if fits[entry.key] is Fit.SURE and entry.rank >= 0 else How.PERHAPS)
            for entry in entries
            if fits[entry.key]
        ]
        if len(found) == 1 and fits[found[0].entry.key] is Fit.SURE:  # the last resort, too, if it is alone
            return [replace(found[0], how=How.SURE)]
        if not pasted.names and not any(hit.how is How.SURE for hit in found):
            return [replace(hit, how=How.PHRASE) for hit in found]  # its words are there, no more
        if found:
            said = _phrase(NAMES.sub("", pasted.text.partition("\n")[0]))
            return sorted(found, key=lambda hit: _likeliness(hit, said))
    return []


def _likeliness(hit: Hit, said: str) -> tuple[bool, bool, int, int]:
    """Return what sorts the likeliest first: of which this very message is known, and that fits surely."""
    known = any(said in line for line in _lines(hit.entry))
    return hit.entry.rank < 0, not known, -hit.how, -hit.entry.rank


def _is_ruled_out(entry: Entry, text: str) -> bool:
    """Return whether the line that failed, which a text shows, is not that of an entry."""
    return any(
        PRINTED_TESTS[matcher.test](pasted) is False
        for pasted in exceptions_in(text)
        for matcher in entry.matchers
        if pasted.code and matcher.test in PRINTED_TESTS and {*pasted.names} & {*matcher.types}
    )


def _by_class(text: str, entries: Sequence[Entry]) -> list[Hit]:
    """Return the entries of a class of errors, if the text is the name of one and nothing else."""
    name = CLASS.fullmatch(text)
    if not name:
        return []
    wanted = name[1].casefold()
    own = [entry for entry in entries if wanted in _classes(entry)]
    wrapped = [entry for entry in entries if entry not in own and wanted in _printed_classes(entry.key)]
    hits = [Hit(entry, How.CLASS) for entry in [*_ranked(own), *_ranked(wrapped)]]
    if len(hits) == 1 and any(wanted in map(str.casefold, each.types) and not each.message and not each.test
                              for each in hits[0].entry.matchers):  # fmt: skip
        return [replace(hits[0], how=How.SURE)]  # the class says it all
    return hits


def _ranked(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: -entry.rank)


def _classes(entry: Entry) -> set[str]:
    return {name.casefold() for matcher in entry.matchers for name in matcher.types}


@functools.cache
def printed() -> dict[str, list[str]]:
    """Return what the failure of each entry prints, `Class: message`, by the entry's key."""
    lines: dict[str, list[str]] = tomllib.loads(PRINTED.read_text("utf-8"))
    return lines


def _printed_classes(key: str) -> set[str]:
    names = set()
    for line in printed().get(key, ()):
        name, _, message = line.partition(": ")
        wrapped = WRAPPED.match(message)
        names |= {name, *([wrapped["name"].rpartition(".")[2]] if wrapped else [])}
    return {name.casefold() for name in names}


# -- words ---------------------------------------------------------------------------------------------


def _by_words(text: str, entries: Sequence[Entry]) -> list[Hit]:
    messages = [each.text.partition("\n")[0] for each in exceptions_in(text) if each.names]
    phrases = [_phrase(NAMES.sub("", each)) for each in (text, *messages)]
    wanted = _in_their_spelling(text, entries) or set(_words(text))
    if not wanted:
        return []
    hits = [Hit(entry, how) for entry in entries if (how := _how(entry, wanted, phrases)) is not None]
    if hits or messages:  # an error is in the catalogue, or it is not
        own_first = sorted(hits, key=lambda hit: -hit.entry.rank)
        return sorted(own_first, key=lambda hit: (-hit.how, not wanted <= _own_words(hit.entry)))
    return _with_some_of(wanted, entries)


def _sorted(hits: Iterable[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.how, -hit.entry.rank))


def _resembling(text: str, entries: Sequence[Entry]) -> str:
    """Return the class whose name is nearly this, or nothing."""
    known = {name for entry in entries for name in _classes(entry) | _printed_classes(entry.key)}
    return "".join(difflib.get_close_matches(text.casefold(), sorted(known), n=1, cutoff=0.8))


def _phrase(text: str) -> str:
    return f" {' '.join(_words(text))} "


def _in_their_spelling(text: str, entries: Sequence[Entry]) -> set[str]:
    """Return nothing, or the words to look for if the text has SQL in capitals that some entry has, too.

    `UNIQUE` is not `unique()`.
    """
    capitals = set(re.findall(r"\b[A-Z]{2,}\b", text))
    known = {word for word in capitals if any(word in _spelled(entry) for entry in entries)}
    return set(_words(text, capitals=known)) if known else set()


def _how(entry: Entry, wanted: set[str], phrases: list[str]) -> How | None:
    phrases = [phrase for phrase in phrases if phrase.count(" ") > 2]
    if any(phrase in line for phrase in phrases for line in _telling_lines(entry)):
        return How.PHRASE
    if wanted <= _own_words(entry):
        return How.WORDS
    if wanted <= _prominent(entry) or any(phrase in line for phrase in phrases for line in _lines(entry)):
        return How.PRINTED
    return How.MENTIONED if wanted <= _all_words(entry) else None


def _with_some_of(wanted: set[str], entries: Sequence[Entry]) -> list[Hit]:
    """Return the entries in whose names, titles and messages a rare word is; the rarer, the better."""
    frequency = {word: sum(word in _prominent(entry) for entry in entries) for word in wanted}
    weight = {word: 1 / times for word, times in frequency.items() if 0 < times <= FEW}
    score = {entry.key: sum(weight.get(word, 0) for word in wanted & _prominent(entry)) for entry in entries}
    enough = max(score.values()) / 2
    best = sorted((entry for entry in entries if score[entry.key] > enough), key=lambda e: -score[e.key])
    return [Hit(entry, How.SOME_WORDS) for entry in best[:FEW]]


def _words(text: str, capitals: Iterable[str] = ()) -> list[str]:
    """Return the words of a text: small letters but for `capitals`, no numbers, no plural."""
    return [word if word in capitals else _stem(word.casefold()) for word in re.findall(r"[^\W\d]\w*", text)]


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _with_parts(text: str) -> set[str]:
    parts = (part for word in re.findall(r"\w+", text) for part in PART.findall(word))
    capitals = re.findall(r"\b[A-Z]{2,}\b", text)
    return {*_words(text), *(_stem(part.casefold()) for part in parts), *capitals}


def _patterns(entry: Entry) -> list[str]:
    """Return the messages that the matchers look for, as far as they are words."""
    return [part for each in entry.matchers for part in NO_WORDS.sub(" ", each.message).split("|")]


@functools.cache
def _lines(entry: Entry) -> tuple[str, ...]:
    return (*_telling_lines(entry), *_phrases(printed().get(entry.key, ())))


@functools.cache
def _telling_lines(entry: Entry) -> tuple[str, ...]:
    """Return those lines without `SyntaxError: invalid syntax` and the like, which tell nothing."""
    told = [line for line in printed().get(entry.key, ()) if _tells(entry, line)]
    return _phrases([entry.key.replace("-", " "), entry.title, *_patterns(entry), *told])


def _tells(entry: Entry, line: str) -> bool:
    """Return whether the class is not one of Python's own, or a matcher looks for the message."""
    name, _, message = line.partition(": ")
    patterns = [matcher.message for matcher in entry.matchers if matcher.message]
    return not hasattr(builtins, name) or any(re.search(each, message, re.DOTALL) for each in patterns)


def _phrases(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(_phrase(NAMES.sub("", line)) for line in lines)


@functools.cache
def _spelled(entry: Entry) -> str:
    return "\n".join((entry.title, *_patterns(entry), *printed().get(entry.key, ())))


@functools.cache
def _own_words(entry: Entry) -> frozenset[str]:
    names = (name for matcher in entry.matchers for name in matcher.types)
    silent = ("silent",) if entry.silent else ()
    return frozenset(_with_parts("\n".join((entry.key, entry.title, *names, *_patterns(entry), *silent))))


@functools.cache
def _prominent(entry: Entry) -> frozenset[str]:
    return _own_words(entry) | _with_parts("\n".join(printed().get(entry.key, ())))


@functools.cache
def _all_words(entry: Entry) -> frozenset[str]:
    texts = (entry.happened, entry.why, entry.fix, entry.notice, entry.code)
    return _prominent(entry) | _with_parts("\n".join(texts))
