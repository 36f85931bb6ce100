"""An `async def` given to code that calls it like a plain function: what that code does, and what to do.

The usual advice, "put `await` in front of the call", is wrong there: the call is in somebody else's code.
"""

import ast
import linecache
import re
from collections.abc import Iterator
from dataclasses import dataclass

from todo_lib.lab import statements
from todo_lib.lab.aio.unawaited import Unawaited
from todo_lib.lab.kernel.cells import Cells, Place
from todo_lib.lab.libraries import is_library, package_of

OWN_CALL = "Put `await` in front of the call."
LAMBDA = "<lambda>"
WRAPPERS = {"partial"}  # what only passes a function on


@dataclass(frozen=True)
class Receiver:
    """Code that calls what it is given and awaits nothing."""

    names: str
    """A pattern of the function's name, as a learner writes it."""
    frame: str
    """A pattern of `file.py:function`, where it calls."""
    who: str
    instead: str


RUN_SYNC = Receiver(
    "run_sync",
    r"sqlalchemy/util/_?concurrency\w*\.py:",
    "`run_sync`",
    "`run_sync` is for a plain `def` that uses the synchronous session or connection it is given."
    " An `async def` you `await` yourself, without `run_sync`.",
)
THREAD = Receiver(
    "to_thread|run_in_executor|submit|run_in_threadpool|Thread|Timer",
    r"(threading|concurrent/futures/thread|anyio/.*)\.py:",
    "a thread",
    "A thread runs plain functions. `await` an `async def` directly, without the thread;"
    " to let it run beside other work, use `asyncio.create_task`.",
)
RECEIVERS = (
    RUN_SYNC,
    THREAD,
    Receiver(
        "listen|listens_for",
        r"sqlalchemy/event/\w+\.py:",
        "SQLAlchemy's events",
        "SQLAlchemy calls a listener without `await`, also on an asynchronous engine:"
        " a listener must be a plain `def`.",
    ),
    Receiver(
        "call_soon|call_soon_threadsafe|call_later|call_at|add_done_callback|add_signal_handler|add_reader",
        r"asyncio/events\.py:",
        "the event loop, as a callback",
        "A callback must be a plain `def`; it may start a task: `asyncio.create_task(…)`.",
    ),
)
ANYBODY = Receiver("", "", "", "Give it a plain `def`, or call your `async def` yourself and `await` it.")


def explain(
    found: Unawaited, cells: Cells, place: Place | None, running: Place | None
) -> tuple[Place | None, tuple[str, str]]:
    """Return where a coroutine was made, as far as one can know, and two sentences: what, and what to do.

    `place` is the line of a cell that made it, if that is known; `running` is where it was thrown away.
    """
    name = found.name.rpartition("<locals>.")[2]
    bare = LAMBDA if found.origin and found.origin[0][2] == LAMBDA else name.rpartition(".")[2]
    if place is None and running and _calls(statements.statement_at(running.file, running.line), bare):
        place = running  # in a thread, where Python notes no origin
    given = _given_to(found, bare, place, running, cells)
    if given is None:
        what = f"`{name}` made a coroutine, and nothing ran it: whatever it should do has not happened."
        return place or _named_in_magic(found, bare, cells), (what, OWN_CALL)
    place, receiver = given
    subject = f"A `lambda` that calls `{name}`" if bare == LAMBDA else f"`{name}`"
    what = f"{subject} was handed over to {receiver.who}, which called it and did not await what came back."
    return place, (what, receiver.instead)


def _given_to(
    found: Unawaited, bare: str, place: Place | None, running: Place | None, cells: Cells
) -> tuple[Place | None, Receiver] | None:
    """Return who called the function in the learner's place, and where it was handed over.

    None if the learner called it.
    """
    near = place or running
    statement = statements.statement_at(near.file, near.line) if near else None
    if near and (to := _handed_in(statement, bare)):
        return near, _named(to)
    caller = None if _calls(statement, bare) else _caller(found)
    if caller is None and (place is None or statement is None or _may_call(statement, bare)):
        return None
    names = caller.names if caller else ""
    for elsewhere, to in _handed_over_in(cells.current, bare):
        if not names or re.fullmatch(names, to.rpartition(".")[2]):
            return elsewhere, _named(to)
    return (place, caller) if caller else None


def _caller(found: Unawaited) -> Receiver | None:
    """Return the library whose code called the function; None if it was the learner's."""
    if not found.origin:
        return THREAD if found.in_thread else RUN_SYNC
    file, _, function = found.origin[0]
    if not is_library(file) or (file.startswith("<") and function == "<module>"):  # `exec`, `%timeit`
        return None
    if found.code and package_of(found.code.co_filename) == package_of(file):
        return None
    path = f"{file.replace(chr(92), '/')}:{function}"
    fitting = (each for each in RECEIVERS if re.search(each.frame, path))
    return next(fitting, Receiver("", "", _by(file, function), ANYBODY.instead))


def _by(file: str, function: str) -> str:
    if file.startswith("<"):
        return f"`{function}`"
    return f"`{_module(file)}`" if function.startswith("_") else f"`{function}` of `{_module(file)}`"


def _named(name: str) -> Receiver:
    last = name.rpartition(".")[2]
    fitting = (each for each in RECEIVERS if re.fullmatch(each.names, last))
    known = next(fitting, ANYBODY)
    who = f"{known.who} (`{name}`)" if known.who and known.who != f"`{last}`" else f"`{name}`"
    return Receiver("", "", who, known.instead)


def _may_call(statement: ast.stmt, bare: str) -> bool:
    """Return whether a statement calls something or mentions this name: a property is run by its name."""
    return any(isinstance(part, ast.Call) or _is_it(part, bare) for part in statements.parts_of(statement))


def _calls(statement: ast.AST | None, bare: str) -> bool:
    """Return whether a statement calls this function itself."""
    parts = statements.parts_of(statement) if statement else ()
    return any(isinstance(part, ast.Call) and statements.name_of(part.func) == bare for part in parts)


def _handed_in(statement: ast.AST | None, bare: str) -> str:
    """Return the name of what receives a function in this statement; "" if the statement calls it itself."""
    if statement is None:
        return ""
    if _calls(statement, bare):
        return ""
    parts = list(statements.parts_of(statement))
    calls = [part for part in parts if isinstance(part, ast.Call)]
    given: ast.AST | None = next((part for part in parts if _is_it(part, bare)), None)
    while given is not None:
        call = next((call for call in calls if given in _arguments(call)), None)
        if call is None or statements.name_of(call.func) not in WRAPPERS:
            return ast.unparse(call.func) if call else ""
        given = call
    return ""


def _is_it(node: ast.AST, bare: str) -> bool:
    return isinstance(node, ast.Lambda) if bare == LAMBDA else statements.name_of(node) == bare


def _arguments(call: ast.Call) -> Iterator[ast.AST]:
    yield from call.args
    for keyword in call.keywords:
        yield keyword.value


def _handed_over_in(file: str, bare: str) -> Iterator[tuple[Place, str]]:
    """Return each line of a cell that hands the function over, and to whom: a thread knows nothing of it."""
    for node in ast.walk(statements.tree_of(file)):
        if isinstance(node, ast.stmt) and (to := _handed_in(node, bare)):
            yield Place(file, node.lineno), to


def _named_in_magic(found: Unawaited, bare: str, cells: Cells) -> Place | None:
    """Return the line of this cell that names a function which a magic, as `%time`, has called."""
    if found.origin and found.origin[0][0].startswith("<"):
        for line, text in enumerate(linecache.getlines(cells.current), 1):
            if re.search(rf"\b{re.escape(bare)}\b", text):
                return Place(cells.current, line)
    return None


def _module(file: str) -> str:
    """Return a module's name for a reader: the package's for an `__init__` or a private module."""
    parts = re.split(r"[\\/]", file.removesuffix(".py"))
    return parts[-1] if not parts[-1].startswith("_") else parts[-2]
