"""How a failure is looked for: by all that a learner may have of it, and what the catalogue answers."""

import json
import re
from collections.abc import Iterator
from traceback import format_exception, format_exception_only

from IPython.core.ultratb import AutoFormattedTB, SyntaxTB

from tests.lab.provoke import Elsewhere, Provoker
from todo_lib.lab.errors.lookup import catalogue, fitting, related
from todo_lib.lab.errors.pasted import COLOUR, exceptions_in
from todo_lib.lab.errors.search import PRINTED, Hit, printed, search

# What no traceback tells: the entry, and the one that is shown first, with this one below it.
NOT_TOLD = {
    ("onupdate-after-flush", "expired-attribute"): "without the SQL: what the database computes",
    ("await-precedence", "forgotten-await"): "Python shows the last line only of a call that takes several",
    ("expired-attribute", "pydantic-relationship"): "without the SQL: what pydantic has read",
    ("pydantic-relationship", "expired-attribute"): "without the SQL: what pydantic has read",
    ("pydantic-relationship", "onupdate-after-flush"): "without the SQL: what pydantic has read",
    ("expired-not-by-commit", "expired-attribute"): "what the factory was told",
    ("await-outside-function", "await-in-plain-def"): "`async with` has one message for both",
    ("rows-not-objects", "column-not-in-row"): "what is in the row",
    ("column-not-in-row", "rows-not-objects"): "what is in the row",
    ("gather-without-star", "await-on-nothing"): "what is in the list, if only its name is awaited",
    ("await-in-generator", "generator-called"): "what made the generator, if only its name is used",
    ("generator-called", "await-on-nothing"): "what the function returns",
    ("task-of-a-function", "gather-without-star"): "what a name stands for, a function or a list",
    ("task-of-a-function", "task-of-a-generator"): "IPython does not show what is in a group",
}
ANY_ERROR = {"e3q8", "f405", "gkpj", "dbapi", "2j85", "9h9h", "rvf5"}  # of a driver
LONGEST = 600  # characters of a line that is kept
UNSTABLE = (
    (
        re.compile(
            r"\s*(\(Background on this error|\[SQL: |Coroutine created at|For further |File \").*", re.DOTALL
        ),
        "",
    ),
    (re.compile(r"<([\w.]+(?: object)?)(?:<locals>|[^<>])*? at 0x[0-9a-f]+>"), r"<\1>"),
    (re.compile(r" at 0x[0-9a-f]+"), ""),
    (re.compile(r"\b(session|this is|[Pp]rocess|transaction|port|127\.0\.0\.1',)( '?)\d+"), r"\1\g<2>1"),
    (re.compile(r"Task <Task pending.*?> got Future <.*> attached"), "Task got Future attached"),
    (re.compile(r"(?:/[\w.+-]+){2,}"), "…"),
    (re.compile(r" \(\S+, line \d+\)$"), ""),
    (re.compile(r"datetime\.datetime\([^()]*"), "datetime.datetime(…"),
    (re.compile(r"\btodo_lab_\w+"), "todo"),
    (re.compile(r"\\n|\s+"), " "),
)


def found(text: str) -> list[Hit]:
    """Return what the catalogue answers."""
    return search(text, catalogue().values())


def keys(hits: list[Hit]) -> list[str]:
    """Return which entries they are."""
    return [hit.entry.key for hit in hits]


# -- a failure that has just happened ------------------------------------------------------------------


def assert_found(provoker: Provoker, outcome: BaseException | Elsewhere) -> None:
    """Assert that a failure is found by its first line, its class, its traceback and a fragment."""
    missed = [f"{how}: {text!r}\n  found: {hits}" for how, text, hits in _missed(provoker.key, outcome)]
    assert not missed, f"errors(…) does not lead to {provoker.key}\n" + "\n".join(missed)


def _missed(key: str, outcome: BaseException | Elsewhere) -> Iterator[tuple[str, str, list[str]]]:
    for how, text in _what_a_learner_has(key, outcome):
        hits = keys(found(text))
        first_is_right = hits[:1] == [key]
        open_ = how == "class" or (how == "line" and prints_the_same(text, hits[:1]))
        open_ = open_ or (how == "traceback" and (key, *hits[:1]) in NOT_TOLD) or how == "fragment"
        if not first_is_right and not (open_ and key in hits):
            yield how, text, hits


def _what_a_learner_has(key: str, outcome: BaseException | Elsewhere) -> Iterator[tuple[str, str]]:
    for line in first_lines(key, outcome):
        yield "line", line
        if any(each.names for each in exceptions_in(line)):
            yield "class", line.partition(":")[0].rpartition(".")[2]
        yield from (("fragment", each) for each in halves(line))
    if isinstance(outcome, Elsewhere):
        yield "traceback", outcome.printed
    else:
        yield "traceback", "".join(format_exception(outcome))
        if any(matcher.call or matcher.test for matcher in catalogue()[key].matchers):
            yield "traceback", in_ipython(outcome)


def first_lines(key: str, outcome: BaseException | Elsewhere) -> list[str]:
    """Return the first line of the error, and of the one inside it that the catalogue knows."""
    if isinstance(outcome, Elsewhere):
        lines = COLOUR.sub("", outcome.printed).splitlines()
        fitting_texts = [matcher.message for matcher in catalogue()[key].matchers]
        told = [line for line in lines if any(each.names for each in exceptions_in(line))]
        return (
            told[-1:] or [line for line in lines if any(re.search(each, line) for each in fitting_texts)][:1]
        )
    known = next(seen.error for seen in related(outcome) if fitting(seen))
    return list(dict.fromkeys(_line(error) for error in (outcome, known)))


def _line(error: BaseException) -> str:
    lines = "".join(format_exception_only(error)).splitlines()
    return next(line for line in lines if not line.startswith(" "))  # a SyntaxError begins with its place


def in_ipython(error: BaseException) -> str:
    """Return a traceback as a notebook shows it, in colours.

    IPython looks into each frame's locals. Python 3.11 would then keep those of the running test alive.
    """
    if isinstance(error, SyntaxError):
        shown = SyntaxTB(theme_name="linux")
        return shown.stb2text(shown.structured_traceback(type(error), error, []))
    trace = error.__traceback__
    below = trace.tb_next if trace and trace.tb_next else trace
    return AutoFormattedTB(mode="Context", theme_name="linux").text(type(error), error, below)


# -- what is kept of them ------------------------------------------------------------------------------


def kept(key: str, outcome: BaseException | Elsewhere) -> list[str]:
    """Return what the catalogue keeps of a failure: its lines, without what differs from run to run."""
    texts = first_lines(key, outcome)
    if isinstance(outcome, BaseException):
        texts += [f"{type(each.error).__name__}: {each.text}" for each in related(outcome) if fitting(each)][
            :1
        ]
    lines = list(dict.fromkeys(map(stable, texts)))
    return [line for line in lines if not any(line != each and each.startswith(line) for each in lines)]


def stable(text: str) -> str:
    """Return a line as it is kept; of SQLAlchemy's link the last part, if it tells something."""
    link = re.search(r"sqlalche\.me/e/\d+/(\w+)", text)
    for unstable, instead in UNSTABLE:
        text = unstable.sub(instead, text)
    if link and link[1] not in ANY_ERROR:
        text += f" ({link[1]})"
    line = re.sub(r"^(?:[\w<>]+\.)*(\w+)(?=: |$)", r"\1", text.strip())
    return line[:LONGEST]


def keep(key: str, lines: list[str]) -> None:
    """Add lines to what the catalogue keeps of an entry."""
    all_lines = printed() | {key: list(dict.fromkeys([*printed().get(key, ()), *lines]))}
    shown = "# `pytest tests/lab/test_errors.py --snapshot-update` adds what is missing.\n"
    for each in catalogue():
        if each in all_lines:
            lines = "".join(f"    {json.dumps(line, ensure_ascii=False)},\n" for line in all_lines[each])
            shown += f"{each} = [\n{lines}]\n"
    PRINTED.write_text(shown, "utf-8")
    printed.cache_clear()


def prints_the_same(text: str, keys: list[str]) -> bool:
    """Return whether the failure of one of these entries prints this, too; names may differ."""
    lines = [line for key in keys for line in printed().get(key, ())]
    return any(text in line or _without_names(text) in _without_names(line) for line in lines)


def _without_names(line: str) -> str:
    line = re.sub(r"\b\d+ validation errors?", "1 validation error", line)
    line = re.sub(r"(?<=AttributeError: )\w+$", "", line)  # of a row
    return re.sub(r"'[^' ]*'|\b\w+\.\w+$|(?<=error )for \w+|\w+(?= Error extr)", "", stable(line)).strip()


def halves(line: str) -> list[str]:
    """Return two fragments of a message as a person remembers it: five words from its beginning, its end."""
    words = stable(line).partition(": ")[2].split()
    return [" ".join(words[:5]), " ".join(words[-5:])] if len(words) > 5 else []
