"""What can be said about an answer before it runs: nothing passed, the wrong thing, an untouched stub."""

import dis
import inspect
import linecache
import sys
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import sessionmaker

from todo_lib.lab.blank import Blank, line_of_blank
from todo_lib.lab.checks.failure import short
from todo_lib.lab.verdict import Outcome, Verdict


def nothing_passed(exercise: str, answer: Any, advice: Mapping[str, str]) -> Verdict | None:
    """Return the verdict on no answer at all."""
    if answer is not None and not isinstance(answer, Blank):
        return None
    return Verdict(
        Outcome.NOT_STARTED,
        exercise,
        "nothing passed",
        ("Nothing was passed.", f"next: {advice['wrong object']}"),
    )


def wrong_object(exercise: str, answer: Any, advice: Mapping[str, str]) -> Verdict:
    """Return the verdict on an answer of another kind than the exercise asks for."""
    lines = (f"saw: {short(answer)}", f"next: {advice['wrong object']}")
    return Verdict(Outcome.NOT_YET, exercise, "wrong object", lines)


def out_of_date(exercise: str, answer: type, advice: Mapping[str, str]) -> Verdict | None:
    """Return the verdict on a class that was defined again since, or is built on one that was."""
    older = _older_class(answer)
    if not older:
        return None
    return Verdict(Outcome.NOT_YET, exercise, "older class", (older, f"next: {advice['older class']}"))


def unwritten(exercise: str, name: str, function: Any, advice: Mapping[str, str]) -> Verdict | None:
    """Return the verdict on a function that holds a blank, or that uses the notebook's own database."""
    function = inspect.unwrap(function)
    if not inspect.isfunction(function):
        return None
    outside = _outside_factory(function)
    if outside:
        lines = (
            f"`{name}` uses the notebook's own `{outside}`.",
            f"next: {advice['outside factory']}",
        )
        return Verdict(Outcome.NOT_YET, exercise, "outside factory", lines)
    line = line_of_blank(function)
    if line is None:
        return None
    code = linecache.getline(function.__code__.co_filename, line).strip()
    lines = (f"line {line}: `{code}`", f"next: {advice['blank']}")
    return Verdict(Outcome.NOT_STARTED, exercise, "blank", lines)


def _older_class(answer: type) -> str:
    """Return what is out of date: the class, or one it is built on, was defined again since."""
    for each in answer.__mro__[:-1]:
        namespace = vars(sys.modules.get(each.__module__, object))
        newest = namespace.get(each.__name__, each)
        if newest not in (each, answer) and inspect.isclass(newest):  # `class Store(Store)` is no mistake
            if each is answer:
                return f"This is an older `{each.__name__}`: it was defined again after this one."
            return f"`{answer.__name__}` is built on an older `{each.__name__}`: that one was defined again."
    return ""


def _outside_factory(function: Any) -> str:
    """Return the name of a global session factory that the function uses: its rows would go elsewhere."""
    for instruction in dis.get_instructions(function):
        value = function.__globals__.get(instruction.argval) if instruction.opname == "LOAD_GLOBAL" else None
        if isinstance(value, async_sessionmaker | sessionmaker):
            return str(instruction.argval)
    return ""
