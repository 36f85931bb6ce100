"""What belongs to an error that was explained: its lines, and the coroutines that never ran because of it."""

import inspect
import itertools
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

from todo_lib.lab import statements
from todo_lib.lab.errors.model import related
from todo_lib.lab.kernel.cells import Cells, Place
from todo_lib.lab.libraries import is_library

MOST = 1_000  # elements of a list that are looked at


def lines_of(error: BaseException, cells: Cells) -> set[Place]:
    """Return every line of the statements, in cells, that the error went through."""
    return {
        Place(file, line)
        for seen in related(error)
        for call in seen.calls
        if (file := call.tb_frame.f_code.co_filename) in cells
        and (statement := statements.statement_at(file, call.tb_lineno))
        for line in statements.lines_of(statement)
    }


def coroutines_of(error: BaseException) -> list[Any]:
    """Return the coroutines that never ran and that the error, its calls or its lines hold."""
    held = (value for seen in related(error) for call in seen.calls for value in _locals_of(call))
    return _not_begun([*_named_by(error), *held])


def named_by(error: BaseException) -> list[Any]:
    """Return the coroutines that never ran and that the error holds or its lines name."""
    return _not_begun(_named_by(error))


def is_about_coroutines(error: BaseException) -> bool:
    """Return whether an error complains of a coroutine."""
    return any("coroutine" in seen.text for seen in related(error))


def _named_by(error: BaseException) -> Iterator[Any]:
    """Return what the error holds, and what the names in the statements stand for that it went through."""
    for seen in related(error):
        yield getattr(seen.error, "obj", None)
        yield from _validated(seen.error)
        for call in seen.calls:
            frame, file = call.tb_frame, call.tb_frame.f_code.co_filename
            statement = None if is_library(file) else statements.statement_at(file, call.tb_lineno)
            for name in map(statements.name_of, statements.parts_of(statement) if statement else ()):
                yield frame.f_locals.get(name, frame.f_globals.get(name))


def _validated(error: BaseException) -> list[Any]:
    """Return what pydantic or FastAPI has looked at."""
    try:
        return [each["input"] for each in error.errors()]  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001 (it is another error, which has no such method, or one of its own)
        return []


def _locals_of(call: TracebackType) -> Iterator[Any]:
    frame = call.tb_frame
    if frame.f_locals is not frame.f_globals:  # a cell's own names live on
        yield from frame.f_locals.values()


def _not_begun(values: Iterable[Any]) -> list[Any]:
    found = {
        id(each): each
        for value in values
        for each in _elements(value)
        if inspect.iscoroutine(each) and inspect.getcoroutinestate(each) == inspect.CORO_CREATED
    }
    return list(found.values())


def _elements(value: Any) -> Iterator[Any]:
    yield value
    if type(value) in {list, tuple, set, frozenset}:
        yield from itertools.islice(value, MOST)
    elif type(value) is dict:
        yield from itertools.islice(value.values(), MOST)
