"""What a text tells of exceptions: a pasted traceback, a line of a log, the first line of an error."""

import itertools
import re
import sys
from collections.abc import Iterator
from dataclasses import replace

from todo_lib.lab.errors.model import Pasted

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
MARGIN = re.compile(r"^ *[|+] ?(?![-+]{2})|^E {2,}", re.MULTILINE)  # an ExceptionGroup's, pytest's
# Outside these no file is looked into: a name without its module is one of theirs.
MODULES = ("builtins", "sqlalchemy.exc", "sqlalchemy.orm.exc", "asyncio.exceptions", "sqlite3")

CLASS = r"(?:[\w<>]+\.)*(?=\w*(?:[a-z][A-Z]|rror\b|Exception\b|Warning\b))[A-Za-z]\w*"
# What a log or a tool puts in front: a time and a level, a place, a test.
CLUTTER = r"(?:\S*:\d+: |(?:FAILED|ERROR) \S+ - |(?:.* )?(?:ERROR|WARNING|CRITICAL|INFO)\b[^\w]*(?:\w+: )?)?"
ANNOUNCED = re.compile(rf"^{CLUTTER}(?P<name>{CLASS}):(?: (?P<message>.*))?$")
NAMED = re.compile(rf"^{CLASS}$")
WRAPPED = re.compile(rf"^\((?P<name>{CLASS})\) (?P<message>.*)", re.DOTALL)

# Between two exceptions that have nothing in common, and between two that wrap one another.
APART = re.compile(r"^ *\+[-+ ]*-{4,}[^\n]*$|^During handling of the above exception.*$", re.MULTILINE)
ENDS = re.compile(
    r"^(?:Traceback \(most|Exception Group Traceback|The above exception|-{40,}|\w+ +Traceback \(most"
    r"|(?:File|Cell) \S+[:,])"
)

CALL = re.compile(  # as Python shows it, IPython, pytest
    r'File "(?P<plain>[^"\n]+)", line \d+, in (?P<of>\S+)'
    r"|^ *(?:File )?(?P<short>\S+\.\w+):\d+[,:]? in (?P<by>[\w.<>]+)",
    re.MULTILINE,
)
ARROW = re.compile(r"^(?:-+> *\d+|>) (?P<code>.*)$")  # IPython's, pytest's
NUMBER = re.compile(r"^ +\d+ (?P<code>.*)$")


def exceptions_in(text: str) -> Iterator[Pasted]:
    """Return the exceptions that a text tells of, the one that Python prints last first.

    One that wraps another (`StatementError: (sqlalchemy.exc.MissingGreenlet) …`) is followed by that.
    A text that names no class is taken for the message of one.
    """
    text = COLOUR.sub("", text).replace("\r\n", "\n").strip("\n")
    parts = [list(_announced(MARGIN.sub("", part))) for part in reversed(APART.split(text))]
    found = [each for part in parts for each in reversed(part)]
    if not found:
        yield Pasted((), text.strip())
    for each in found:
        yield each
        wrapped = WRAPPED.match(each.text)
        if wrapped:
            yield replace(each, names=bases(wrapped["name"]), text=wrapped["message"])


def bases(name: str) -> tuple[str, ...]:
    """Return the name of a class and, if the class is known here, of those that it is derived from."""
    module, _, own = name.strip().rpartition(".")
    for place in [module] if module else MODULES:
        known = getattr(sys.modules.get(place), own, None)
        if isinstance(known, type):
            return tuple(each.__name__ for each in known.__mro__)
    return (own,)


def _announced(part: str) -> Iterator[Pasted]:
    """Return the exceptions of a chain of causes, in the order of the text. They share their calls."""
    calls = tuple(map(_place, CALL.finditer(part)))
    lines = part.splitlines()
    begins = [
        index for index, line in enumerate(lines) if _begins(line, alone=len(lines) == 1 or bool(calls))
    ]
    for begin, until in itertools.pairwise([*begins, len(lines)]):
        head = ANNOUNCED.match(lines[begin])
        end = next((at for at in range(begin + 1, until) if ENDS.match(lines[at])), until)
        message = "\n".join([(head["message"] or "") if head else "", *lines[begin + 1 : end]])
        name = head["name"] if head else lines[begin]
        yield Pasted(bases(name), message.strip(), _failing_code(lines[:begin]), calls, part if calls else "")


def _begins(line: str, alone: bool) -> bool:
    return ANNOUNCED.match(line) is not None or (alone and NAMED.match(line.strip()) is not None)


def _place(call: "re.Match[str]") -> str:
    file = (call["plain"] or call["short"]).replace("\\", "/")
    return f"{file}:{(call['of'] or call['by']).rpartition('.')[2]}"


def _failing_code(above: list[str]) -> str:
    """Return the line that failed; if it is the end of a longer one, with what IPython shows before it."""
    for at, line in reversed(list(enumerate(above))):
        if arrow := ARROW.match(line):
            return _whole_statement(arrow["code"].strip(), above[:at])
    plain = (line.strip() for line in reversed(above) if line.startswith("    ") and line.strip(" ~^"))
    return next(plain, "")


def _whole_statement(code: str, above: list[str]) -> str:
    """Return a line with those that IPython shows before it, if it is the end of a longer one."""
    lines = [code]
    for line in reversed(above):
        number = NUMBER.match(line)
        if number is None or not (lines[0].startswith(")") or lines[0].endswith(",")):
            break
        lines.insert(0, number["code"].strip())
    return "\n".join(lines)
