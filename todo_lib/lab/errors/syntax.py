"""What Python refused to read: the line, and what it stands in."""

import ast
import linecache
import re
from typing import Any

from todo_lib.lab.errors.model import Seen
from todo_lib.lab.errors.source_lines import enclosing

MAGIC = re.compile(r"^<(timed (exec|eval)|magic-timeit.*)>$")
NO_AWAIT_NEEDED = re.compile(r"\bawait\s+(create_async_engine|async_sessionmaker|AsyncSession)\(")
ASYNC_ALONE = re.compile(r"\basync\s+(?!(def|with|for)\b)\w")


def outside_any_function(seen: Seen) -> bool:
    """Return whether the line stands in no function at all."""
    error: Any = seen.error
    if error.msg.startswith("'await' outside function"):
        return True
    source = _source(seen)
    return bool(source) and enclosing(source, error.lineno) in (None, ast.ClassDef)


def under_a_magic(seen: Seen) -> bool:
    """Return whether IPython's `%time` or `%timeit` was to run the line, and no function of the learner's."""
    error: Any = seen.error
    return MAGIC.match(error.filename or "") is not None and outside_any_function(seen)


def awaits_what_is_made_at_once(seen: Seen) -> bool:
    """Return whether the line awaits a call that makes an engine, a factory or a session."""
    return NO_AWAIT_NEEDED.search(_line(seen)) is not None


def async_stands_alone(seen: Seen) -> bool:
    """Return whether the line says `async` and then neither `def` nor `with` nor `for`."""
    error: Any = seen.error
    found = ASYNC_ALONE.finditer(_line(seen))
    return any(each.start() < (error.offset or 0) <= each.end() for each in found)


def _line(seen: Seen) -> str:
    error: Any = seen.error
    lines = _source(seen).splitlines()[(error.lineno or 1) - 1 :]
    return error.text or next(iter(lines), "")


def _source(seen: Seen) -> str:
    """Return the whole text that was refused, or ""."""
    error: Any = seen.error
    if MAGIC.match(error.filename or ""):  # IPython's own frame has it
        texts = (call.tb_frame.f_locals.get(name) for call in seen.calls for name in ("expr", "cell", "stmt"))
        return next((text for text in texts if isinstance(text, str) and text), "")
    return "".join(linecache.getlines(error.filename or ""))
