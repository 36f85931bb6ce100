"""What no pattern can say: mistakes in the source line, in the calls on the way, in what pydantic read."""

import ast
import itertools
import linecache
import re
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from todo_lib.lab.errors.model import Seen

EXPIRED = r"sqlalchemy/orm/loading\.py:_?load_scalar_attributes"
NOT_LOADED = r"sqlalchemy/orm/strategies\.py:_load_for_state"
FASTAPI = r"fastapi/routing\.py:app"


def await_came_too_late(seen: Seen) -> bool:
    """Return whether the failing line says `await f().attribute` or `await f()[index]`."""
    return bool(seen.calls) and any(
        _end(part) == _failed_at(seen.calls[-1])
        for node in ast.walk(_source(seen.calls[-1]))
        if isinstance(node, ast.Await)
        for part in _left_parts(node.value)
        if isinstance(part, ast.Attribute | ast.Subscript) and isinstance(part.value, ast.Call)
    )


def letter_is_an_answer(seen: Seen) -> bool:
    """Return whether the failing line gives a letter to `predict` or `answer`."""
    call = seen.calls[-1]
    line = linecache.getline(call.tb_frame.f_code.co_filename, call.tb_lineno, call.tb_frame.f_globals)
    return re.search(r"\.(predict|answer)\(\w\)", line) is not None


def _left_parts(node: ast.AST) -> Iterator[ast.AST]:
    """Return `a.b(…)[0].c`, then `a.b(…)[0]`, then `a.b(…)`, and so on."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        yield node
        node = node.func if isinstance(node, ast.Call) else node.value


def _source(call: TracebackType) -> ast.AST:
    code = call.tb_frame.f_code
    try:
        return ast.parse("".join(linecache.getlines(code.co_filename, call.tb_frame.f_globals)))
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


def _failed_at(call: TracebackType) -> tuple[int | None, int | None]:
    positions = itertools.islice(call.tb_frame.f_code.co_positions(), call.tb_lasti // 2, None)
    _, end_line, _, end_column = next(positions, (None, None, None, None))
    return end_line, end_column


def _end(node: Any) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset


def database_computes_it(seen: Seen) -> bool:
    """Return whether only columns were expired whose value the database computes when it writes a row."""
    call = seen.call(EXPIRED)
    if call is None:
        return False
    names, mapper = (call.tb_frame.f_locals.get(name) for name in ("attribute_names", "mapper"))
    if not names or mapper is None:
        return False
    columns = [mapper.columns.get(name) for name in names]
    return all(column is not None and _computed(column) for column in columns)


def _computed(column: Any) -> bool:
    by_database = (column.onupdate, column.server_onupdate, column.server_default, column.computed)
    return any(each is not None for each in by_database)


def pydantic_read_a_column(seen: Seen) -> bool:
    """Return whether pydantic failed to read a column, and not a relationship."""
    return any(name in mapper.columns for mapper, name in _read_by_pydantic(seen))


def pydantic_read_a_relationship(seen: Seen) -> bool:
    """Return whether pydantic failed to read something that is no column."""
    return not pydantic_read_a_column(seen)


def _read_by_pydantic(seen: Seen) -> Iterator[tuple[Any, str]]:
    """Return the mapper and the attribute's name of each read that failed."""
    error: Any = seen.error  # a ValidationError, by its matcher: pydantic is not imported for that
    for failed in error.errors():
        mapper = getattr(type(failed.get("input")), "__mapper__", None)
        if failed.get("type") == "get_attribute_error" and mapper is not None and failed["loc"]:
            yield mapper, str(failed["loc"][-1])


def response_was_sent(seen: Seen) -> bool:
    """Return whether FastAPI had answered already when this happened."""
    call = seen.call(FASTAPI)
    return call is not None and call.tb_frame.f_locals.get("response_awaited") is True
