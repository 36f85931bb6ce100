"""Read the statement that stands at a line of a cell or file."""

import ast
import functools
import linecache
from collections.abc import Iterator


def tree_of(file: str) -> ast.Module:
    """Return the syntax tree of a file or cell; an empty one if its text is lost or is no Python."""
    return _read("".join(linecache.getlines(file)))[0]


def statement_at(file: str, line: int) -> ast.stmt | None:
    """Return the innermost statement that this line belongs to, the first if there are several, or None."""
    return _read("".join(linecache.getlines(file)))[1].get(line)


@functools.lru_cache(maxsize=8)
def _read(text: str) -> tuple[ast.Module, dict[int, ast.stmt]]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        tree = ast.Module(body=[], type_ignores=[])
    by_line: dict[int, ast.stmt] = {}
    for statement in _innermost_first(tree):
        for line in lines_of(statement):
            by_line.setdefault(line, statement)
    return tree, by_line


def _innermost_first(node: ast.AST) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        yield from _innermost_first(child)
    if isinstance(node, ast.stmt):
        yield node


def lines_of(statement: ast.stmt) -> range:
    """Return the lines of a statement; of one with a body (`if`, `async with`) those before the body."""
    body = getattr(statement, "body", None)
    last = max(statement.lineno, body[0].lineno - 1) if body else statement.end_lineno or statement.lineno
    return range(statement.lineno, last + 1)


def parts_of(statement: ast.AST) -> Iterator[ast.AST]:
    """Return the nodes of a statement without those of its body, which has statements of its own."""
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt):
            yield child
            yield from parts_of(child)


def name_of(node: ast.AST) -> str:
    """Return the last part of a name: `c` for `a.b.c`; "" if the node is no name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
