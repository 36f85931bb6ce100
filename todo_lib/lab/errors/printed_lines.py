"""What no pattern can say, asked of the lines that a text shows: as `predicates.py`, of code that is printed.

Each returns None if the text does not tell: a name may stand for anything.
"""

import ast
import builtins
import re
from collections.abc import Callable

from todo_lib.lab.errors import predicates, syntax
from todo_lib.lab.errors.model import Pasted, PrintedTest, Test
from todo_lib.lab.errors.source_lines import enclosing, left_parts

SHOWN = re.compile(r"^(?:-+> *\d+ |> ?| {4}(?! *[~^]))(.*)$", re.MULTILINE)  # by IPython, pytest, Python
RUNS = {"gather", "wait_for", "create_task", "ensure_future", "shield"}
LITERAL = ast.List | ast.Tuple | ast.Set | ast.Dict | ast.ListComp | ast.SetComp | ast.DictComp
COLLECTIONS = {"list", "tuple", "set", "map", "filter", "zip"}
UNTOLD = ast.Name | ast.Attribute | ast.Subscript

OWNERS = re.compile(r"(?:session|connection|conn|engine|db)_?\d*$", re.IGNORECASE)  # as they are named
OF_SESSIONS = {"commit", "rollback", "flush", "refresh", "execute", "scalar", "scalars", "query"}
OF_OTHERS_TOO = {"get", "merge", "delete", "close", "connect", "begin", "dispose"}
QUOTED = re.compile(r"(['\"]).*?(\1|$)")
MAGIC = re.compile(r"<(?:timed (?:exec|eval)|magic-timeit)[^>]*>(?::|\", line )?(?P<line>\d+)?")
RUN_MAGIC = re.compile(r"run_(?:cell|line)_magic(\(.*\))")

# -- what is awaited, or given to asyncio --------------------------------------------------------------


def _read(code: str) -> list[ast.AST]:
    """Return the parts of a line; nothing, if it is only a part itself."""
    try:
        return list(ast.walk(ast.parse(f"{code} pass" if code.endswith(":") else code)))
    except (SyntaxError, ValueError):
        return []


def _awaited(pasted: Pasted) -> ast.expr | None:
    """Return what stands behind the only `await` of the line that failed."""
    found = [node.value for node in _read(pasted.code) if isinstance(node, ast.Await)]
    return found[0] if len(found) == 1 else None


def _given(pasted: Pasted) -> list[ast.expr]:
    """Return what the first line that calls asyncio gives to it."""
    for shown in SHOWN.finditer(pasted.above):
        for node in _read(shown[1].strip()):
            if isinstance(node, ast.Call) and (name := _name(node.func)) in RUNS:
                return node.args if name == "gather" else node.args[:1]
    return []


def _name(node: ast.AST) -> str:
    return getattr(node, "attr", "") or getattr(node, "id", "")


def _any(nodes: list[ast.expr], is_one: Callable[[ast.expr], bool | None]) -> bool | None:
    answers = [is_one(node) for node in nodes]
    if True in answers:
        return True
    return None if None in answers or not answers else False


def _is_function(node: ast.expr) -> bool | None:
    if isinstance(node, ast.Attribute | ast.Lambda):
        return True
    return None if isinstance(node, UNTOLD) else False


def _is_several(node: ast.expr) -> bool | None:
    if isinstance(node, LITERAL) or _is_generator(node):
        return True
    if isinstance(node, ast.Call):
        return _name(node.func) in COLLECTIONS
    return None if isinstance(node, ast.Name | ast.Subscript) else False


def _is_generator(node: ast.expr) -> bool | None:
    if isinstance(node, ast.GeneratorExp):
        return not _awaits(node)
    return None if isinstance(node, UNTOLD) else False


def _is_async_expression(node: ast.expr) -> bool | None:
    if isinstance(node, ast.GeneratorExp):
        return _awaits(node)
    return None if isinstance(node, UNTOLD) else False


def _returns_async_generator(node: ast.expr) -> bool | None:
    return None if isinstance(node, ast.Call | UNTOLD) else False


def _awaits(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Await) for part in ast.walk(node))


def _makes_several(node: ast.expr) -> bool | None:
    """Return whether this is a list of calls that may give coroutines."""
    if isinstance(node, ast.Call) and _name(node.func) in COLLECTIONS and node.args:
        node = node.args[0]
    made = getattr(node, "elts", None) or [getattr(node, "elt", None)]
    calls = [each for each in made if isinstance(each, ast.Call)]
    if any(not hasattr(builtins, _name(each.func)) for each in calls):
        return True
    return None if isinstance(node, UNTOLD) else False


def _is_synchronous(node: ast.expr) -> bool | None:
    parts = list(left_parts(node))
    methods = {part.attr for part in parts if isinstance(part, ast.Attribute)}
    if not isinstance(node, ast.Call):
        return None if isinstance(node, UNTOLD) else False
    owners = (part.value for part in parts if isinstance(part, ast.Attribute))
    if any(OWNERS.search(_name(getattr(owner, "func", owner))) for owner in owners):
        return bool(methods & (OF_SESSIONS | OF_OTHERS_TOO))
    return None if methods & OF_SESSIONS else False


def _of_awaited(is_one: Callable[[ast.expr], bool | None]) -> PrintedTest:
    def asked(pasted: Pasted) -> bool | None:
        node = _awaited(pasted)
        return None if node is None else is_one(node)

    return asked


def _of_given(is_one: Callable[[ast.expr], bool | None]) -> PrintedTest:
    return lambda pasted: _any(_given(pasted), is_one)


def several_are_gathered(pasted: Pasted) -> bool | None:
    """Return whether `gather` was given a list or the like."""
    return (
        gather_is_printed(pasted) if "unhashable type" in pasted.text else _any(_given(pasted), _is_several)
    )


def gather_is_printed(pasted: Pasted) -> bool | None:
    """Return whether the text shows a call of `gather`."""
    return "gather(" in f"{pasted.code}\n{pasted.above}" if pasted.code or pasted.above else None


def async_expression_is_printed(pasted: Pasted) -> bool | None:
    """Return whether it was `(await f(id) for id in ids)`: so it is named, or so it is awaited or given."""
    if "<async_generator object <genexpr>" in pasted.text:
        return True
    nodes = _given(pasted) or [each.value for each in _read(pasted.code) if isinstance(each, ast.Await)]
    return _any(nodes, _is_async_expression)


def join_is_printed(pasted: Pasted) -> bool | None:
    """Return whether the line has a generator expression with an `await` in it."""
    nodes = _read(pasted.code)
    return any(isinstance(node, ast.GeneratorExp) and _awaits(node) for node in nodes) if nodes else None


# -- what Python refused to read -----------------------------------------------------------------------


def printed_outside_function(pasted: Pasted) -> bool | None:
    """Return whether the message says so; that of `async with` is the same everywhere."""
    if pasted.text.startswith("'await' outside"):
        return pasted.text.startswith("'await' outside function")
    return None


def printed_under_a_magic(pasted: Pasted) -> bool | None:
    """Return whether the text shows that a magic was to run the line, and no function around it."""
    if not pasted.code and not pasted.above:
        return None
    magic = MAGIC.search(pasted.above)
    if magic is None:
        return False
    outside = printed_outside_function(pasted)
    call = RUN_MAGIC.search(pasted.above)
    if outside is not None or call is None:
        return outside
    try:
        source = ast.literal_eval(call[1])[-1]
        return enclosing(source, int(magic["line"] or 1)) in (None, ast.ClassDef)
    except (SyntaxError, ValueError):
        return None


def printed_makes_at_once(pasted: Pasted) -> bool | None:
    """Return whether the line awaits a call that makes an engine, a factory or a session."""
    return syntax.NO_AWAIT_NEEDED.search(pasted.code) is not None if pasted.code else None


def async_is_printed_alone(pasted: Pasted) -> bool | None:
    """Return whether the line says `async`, not in quotes, and then neither `def` nor `with` nor `for`."""
    return syntax.ASYNC_ALONE.search(QUOTED.sub("", pasted.code)) is not None if pasted.code else None


PRINTED_TESTS: dict[Test, PrintedTest] = {
    predicates.synchronous_object_awaited: _of_awaited(_is_synchronous),
    predicates.several_awaited: _of_awaited(_makes_several),
    predicates.generator_awaited: _of_awaited(_is_generator),
    predicates.several_given: _of_given(_is_several),
    predicates.generator_given: _of_given(_is_generator),
    predicates.function_given: _of_given(_is_function),
    predicates.async_generator_given: _of_given(_returns_async_generator),
    predicates.async_expression_used: async_expression_is_printed,
    predicates.gathers_a_collection: several_are_gathered,
    predicates.gather_stands_there: gather_is_printed,
    predicates.joins_awaited: join_is_printed,
    syntax.outside_any_function: printed_outside_function,
    syntax.under_a_magic: printed_under_a_magic,
    syntax.awaits_what_is_made_at_once: printed_makes_at_once,
    syntax.async_stands_alone: async_is_printed_alone,
}
"""Each predicate of an exception, and what asks the same of a text."""
