"""What belongs to an error that was explained: its lines, and the coroutines that never ran because of it."""

import inspect
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from todo_lib.lab import statements
from todo_lib.lab.errors.model import Seen, related
from todo_lib.lab.kernel.cells import Cells, Place


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


def coroutines_of(error: BaseException) -> Iterator[Any]:
    """Return the coroutines that never ran and that the error, its calls or its line hold."""
    for seen in related(error):
        for held in (*_of_error(seen), *(value for call in seen.calls for value in _of_call(call))):
            for each in _elements(held):
                if inspect.iscoroutine(each) and inspect.getcoroutinestate(each) == inspect.CORO_CREATED:
                    yield each


def _of_error(seen: Seen) -> Iterator[Any]:
    yield getattr(seen.error, "obj", None)
    if hasattr(seen.error, "errors") and callable(seen.error.errors):  # pydantic's and FastAPI's
        yield from (each.get("input") for each in seen.error.errors() if isinstance(each, dict))


def _of_call(call: TracebackType) -> Iterator[Any]:
    frame = call.tb_frame
    if frame.f_locals is not frame.f_globals:
        yield from frame.f_locals.values()
        return
    statement = statements.statement_at(frame.f_code.co_filename, call.tb_lineno)
    for part in statements.parts_of(statement) if statement else ():  # a cell's own names live on
        yield frame.f_globals.get(statements.name_of(part))


def _elements(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, list | tuple | set | frozenset):
        yield from value
    elif isinstance(value, dict):
        yield from value.values()
