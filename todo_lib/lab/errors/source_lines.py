"""The line of code that failed: which part of it, and what its names stood for. Nothing of it is run."""

import ast
import inspect
import itertools
import linecache
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any

UNKNOWN = object()
"""What a name stands for, if it cannot be told without running code."""


def line_of(call: TracebackType) -> str:
    """Return the line that was running."""
    return linecache.getline(call.tb_frame.f_code.co_filename, call.tb_lineno, call.tb_frame.f_globals)


def awaited(call: TracebackType) -> Iterator[ast.expr]:
    """Return what stands behind each `await` of the line that failed."""
    for node in nodes(call):
        if isinstance(node, ast.Await) and ends_at(node, call):
            yield node.value


def nodes(call: TracebackType) -> Iterator[ast.AST]:
    """Return every part of the source that this call ran through; nothing, if there is none to be read."""
    code = call.tb_frame.f_code
    try:
        source = "".join(linecache.getlines(code.co_filename, call.tb_frame.f_globals))
        return ast.walk(ast.parse(source))
    except SyntaxError:
        return iter(())


def ends_at(node: Any, call: TracebackType) -> bool:
    """Return whether a part of the source ends where this call failed."""
    positions = itertools.islice(call.tb_frame.f_code.co_positions(), call.tb_lasti // 2, None)
    _, end_line, _, end_column = next(positions, (None, None, None, None))
    return (node.end_lineno, node.end_col_offset) == (end_line, end_column)


def left_parts(node: ast.AST) -> Iterator[ast.AST]:
    """Return `a.b(…)[0].c`, then `a.b(…)[0]`, then `a.b(…)`, and so on."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        yield node
        node = node.func if isinstance(node, ast.Call) else node.value
    yield node


def value_of(node: ast.AST, frame: FrameType) -> Any:
    """Return what `name`, `name.attribute` or `name[0]` stood for in a frame, or `UNKNOWN`."""
    if isinstance(node, ast.Name):
        names = {**frame.f_builtins, **frame.f_globals, **frame.f_locals}
        return names.get(node.id, UNKNOWN)
    if isinstance(node, ast.Attribute):
        owner = value_of(node.value, frame)
        return UNKNOWN if owner is UNKNOWN else inspect.getattr_static(owner, node.attr, UNKNOWN)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        owner = value_of(node.value, frame)
        return owner[node.slice.value] if type(owner) in (list, tuple, dict) else UNKNOWN
    return UNKNOWN


def class_of(node: ast.AST, frame: FrameType) -> type | None:
    """Return the class of what a name stood for, or of what `Class(…)` and `factory(…)` would make."""
    if isinstance(node, ast.Call):
        maker = value_of(node.func, frame)
        made = getattr(maker, "class_", None) if type(maker).__name__.endswith("sessionmaker") else maker
        return made if isinstance(made, type) else None
    value = value_of(node, frame)
    return None if value is UNKNOWN else type(value)


def enclosing(source: str, line: int) -> type[ast.AST] | None:
    """Return the kind of the innermost function or class that a line stands in, or None if it is in none.

    Raise `SyntaxError` if the source cannot be read.
    """
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
    around = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, kinds) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    return type(around[-1]) if around else None
