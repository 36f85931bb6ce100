"""What no pattern can say of an error: the source line, the calls on the way, the values."""

import ast
import inspect
import re
from collections.abc import Awaitable, Iterable, Iterator
from types import FrameType
from typing import Any

from todo_lib.lab.errors.model import Seen
from todo_lib.lab.errors.source_lines import (
    UNKNOWN,
    awaited,
    class_of,
    ends_at,
    left_parts,
    line_of,
    nodes,
    value_of,
)

EXPIRED = r"sqlalchemy/orm/loading\.py:_?load_scalar_attributes"
NOT_LOADED = r"sqlalchemy/orm/strategies\.py:_load_for_state"
FASTAPI = r"fastapi/routing\.py:app"
WANTS_AWAITABLE = r"asyncio/tasks\.py:_?ensure_future"

SYNCHRONOUS = {"Session", "scoped_session", "Connection", "Engine", "Query", "sessionmaker"}


# -- what stands behind `await` ------------------------------------------------------------------------


def await_came_too_late(seen: Seen) -> bool:
    """Return whether the failing line says `await f().attribute` or `await f()[index]`."""
    return bool(seen.calls) and any(
        ends_at(part, seen.calls[-1])
        for node in nodes(seen.calls[-1])
        if isinstance(node, ast.Await)
        for part in left_parts(node.value)
        if isinstance(part, ast.Attribute | ast.Subscript) and isinstance(part.value, ast.Call)
    )


def synchronous_object_awaited(seen: Seen) -> bool:
    """Return whether `await` stands before a method of a synchronous session or connection of SQLAlchemy."""
    call = seen.calls[-1]
    owners = (part for node in awaited(call) for part in left_parts(node))
    return any(_is_synchronous(class_of(owner, call.tb_frame)) for owner in owners)


def _is_synchronous(kind: type | None) -> bool:
    return kind is not None and any(
        each.__name__ in SYNCHRONOUS and each.__module__.startswith("sqlalchemy.") for each in kind.__mro__
    )


def several_awaited(seen: Seen) -> bool:
    """Return whether `await` stands before a list, tuple or set of things to await."""
    frame = seen.calls[-1].tb_frame
    return any(
        _calls_coroutines(node, frame) or _holds_awaitables(value_of(node, frame))
        for node in awaited(seen.calls[-1])
    )


def _calls_coroutines(node: ast.AST, frame: FrameType) -> bool:
    if isinstance(node, ast.Call) and value_of(node.func, frame) in (list, tuple, set) and node.args:
        node = node.args[0]
    made = getattr(node, "elts", None) or [getattr(node, "elt", None)]
    return any(isinstance(each, ast.Call) and _may_be_async(value_of(each.func, frame)) for each in made)


def _may_be_async(function: Any) -> bool:
    return function is UNKNOWN or inspect.iscoroutinefunction(function)


def joins_awaited(seen: Seen) -> bool:
    """Return whether the failing line has a generator expression with an `await` in it."""
    call = seen.calls[-1]
    return any(
        isinstance(node, ast.GeneratorExp) and any(isinstance(part, ast.Await) for part in ast.walk(node))
        for node in nodes(call)
        if getattr(node, "lineno", 0) <= call.tb_lineno <= getattr(node, "end_lineno", 0)
    )


def several_given(seen: Seen) -> bool:
    """Return whether asyncio was given a list, tuple or set, where it wants one thing to await."""
    given = _given(seen)
    return isinstance(given, Iterable) and not isinstance(given, Awaitable | str) and not callable(given)


def gathers_a_collection(seen: Seen) -> bool:
    """Return whether `gather` was given a list, a generator or the like in the place of its elements."""
    call = seen.call(r"asyncio/tasks\.py:gather")
    given = call.tb_frame.f_locals["coros_or_futures"] if call else ()
    return any(isinstance(each, Iterable) and not isinstance(each, Awaitable | str) for each in given)


def gather_stands_there(seen: Seen) -> bool:
    """Return whether a line on the way calls `gather`."""
    return any("gather(" in line_of(call) for call in seen.calls)


def generator_given(seen: Seen) -> bool:
    """Return whether asyncio was given a generator, where it wants one thing to await."""
    return inspect.isgenerator(_given(seen))


def async_generator_given(seen: Seen) -> bool:
    """Return whether asyncio was given what a call to an `async def` with a `yield` returns."""
    given = _given(seen)
    return inspect.isasyncgen(given) and not _is_expression(given)


def async_expression_used(seen: Seen) -> bool:
    """Return whether what failed to be awaited, given or asked is `(await f(id) for id in ids)`."""
    values = [_given(seen), getattr(seen.error, "obj", None)]
    if "<async_generator object <genexpr>" in seen.text:
        return True
    nodes_awaited = list(awaited(seen.calls[-1]))
    values += [value_of(node, seen.calls[-1].tb_frame) for node in nodes_awaited]
    return any(map(_is_expression, values)) or any(
        isinstance(each, ast.GeneratorExp) for each in nodes_awaited
    )


def _is_expression(value: Any) -> bool:
    return getattr(value, "__name__", "") == "<genexpr>"


def generator_awaited(seen: Seen) -> bool:
    """Return whether `await` stands before a generator expression."""
    call = seen.calls[-1]
    return any(
        isinstance(node, ast.GeneratorExp) or _is_expression(value_of(node, call.tb_frame))
        for node in awaited(call)
    )


def function_given(seen: Seen) -> bool:
    """Return whether asyncio was given a function that nobody called."""
    return callable(_given(seen))


def _given(seen: Seen) -> Any:
    call = seen.call(WANTS_AWAITABLE)
    return call.tb_frame.f_locals.get("coro_or_future") if call else None


def _holds_awaitables(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset) and any(map(inspect.isawaitable, value))


def letter_is_an_answer(seen: Seen) -> bool:
    """Return whether the failing line gives a letter to `predict` or `answer`."""
    return re.search(r"\.(predict|answer)\(\w\)", line_of(seen.calls[-1])) is not None


def row_was_asked(seen: Seen) -> bool:
    """Return whether a row was asked for, or given, an attribute or an item that it does not have."""
    return any(map(_is_row, _asked(seen)))


def row_of_an_object_was_asked(seen: Seen) -> bool:
    """Return whether that row holds nothing but one object of a mapped class."""
    rows = filter(_is_row, _asked(seen))
    return any(len(row) == 1 and hasattr(type(row[0]), "__mapper__") for row in rows)


def _asked(seen: Seen) -> Iterator[Any]:
    yield getattr(seen.error, "obj", None)
    yield from _owners(seen)


def _owners(seen: Seen) -> Iterator[Any]:
    """Return whose attribute, or which item of what, was asked for where it failed."""
    for call in seen.calls[-2:]:  # compiled code of SQLAlchemy may leave a frame, too
        for node in nodes(call):
            if isinstance(node, ast.Attribute | ast.Subscript) and ends_at(node, call):
                yield value_of(node.value, call.tb_frame)


def encoded_a_row(seen: Seen) -> bool:
    """Return whether FastAPI was to make JSON of a row."""
    return any(_is_row(call.tb_frame.f_locals.get("obj")) for call in seen.calls[-3:])


def validated_a_row(seen: Seen) -> bool:
    """Return whether pydantic was given a row, and missed a field."""
    error: Any = seen.error
    return any(each["type"] == "missing" and _is_row(each.get("input")) for each in error.errors())


def _is_row(value: Any) -> bool:
    return any(
        each.__name__ == "Row" and each.__module__.startswith("sqlalchemy.") for each in type(value).__mro__
    )


# -- attributes that ask the database ------------------------------------------------------------------


def database_computes_it(seen: Seen) -> bool:
    """Return whether only columns were expired whose value the database computes when it writes a row."""
    return any(
        names and all(_computed(mapper.columns.get(name)) for name in names)
        for mapper, names, _ in _expired(seen)
    )


def session_keeps_values(seen: Seen) -> bool:
    """Return whether the session was told to keep values after a commit: so no commit has expired them."""
    return any(session is not None and session.expire_on_commit is False for _, _, session in _expired(seen))


def _expired(seen: Seen) -> Iterator[tuple[Any, set[str], Any]]:
    """Return the mapper, the names of the expired columns, and the session of each object that was read."""
    call = seen.call(EXPIRED)
    if call is not None:
        here = call.tb_frame.f_locals
        yield here["mapper"], set(here["attribute_names"]), here["session"]
    elif hasattr(seen.error, "errors"):
        for mapper, name, read in _read_by_pydantic(seen):
            state = read._sa_instance_state
            if name in mapper.columns:
                yield mapper, {name, *state.expired_attributes} & set(mapper.columns.keys()), state.session


def _computed(column: Any) -> bool:
    if column is None:
        return False
    by_database = (column.onupdate, column.server_onupdate, column.server_default, column.computed)
    return any(each is not None for each in by_database)


def pydantic_read_a_column(seen: Seen) -> bool:
    """Return whether pydantic failed to read a column, and not a relationship."""
    return any(name in mapper.columns for mapper, name, _ in _read_by_pydantic(seen))


def pydantic_read_a_relationship(seen: Seen) -> bool:
    """Return whether pydantic failed to read something that is no column."""
    return not pydantic_read_a_column(seen)


def pydantic_read_computed(seen: Seen) -> bool:
    """Return whether pydantic failed to read a column whose value the database has computed."""
    return pydantic_read_a_column(seen) and database_computes_it(seen)


def pydantic_read_kept(seen: Seen) -> bool:
    """Return whether pydantic failed to read a column that no commit has expired."""
    return pydantic_read_a_column(seen) and session_keeps_values(seen)


def _read_by_pydantic(seen: Seen) -> Iterator[tuple[Any, str, Any]]:
    """Return the mapper, the attribute's name and the object of each read that failed."""
    error: Any = seen.error  # a ValidationError, by its matcher: pydantic is not imported for that
    for failed in error.errors():
        read = failed.get("input")
        mapper = getattr(type(read), "__mapper__", None)
        if failed.get("type") == "get_attribute_error" and mapper is not None and failed["loc"]:
            yield mapper, str(failed["loc"][-1]), read


def response_was_sent(seen: Seen) -> bool:
    """Return whether FastAPI had answered already when this happened."""
    call = seen.call(FASTAPI)
    return call is not None and call.tb_frame.f_locals.get("response_awaited") is True
