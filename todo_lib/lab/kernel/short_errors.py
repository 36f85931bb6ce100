"""Show groups of errors short, as all others are: IPython prints their whole tracebacks."""

import traceback
from collections.abc import Iterator
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from todo_lib.lab.errors.model import Seen

MOST = 10  # members of a group that are named


def provide(shell: InteractiveShell) -> None:
    """Let this shell show them short, too, as long as its mode is "Minimal"."""
    in_full = shell.showtraceback
    if getattr(in_full, "is_short", False):
        return

    def showtraceback(exc_tuple: Any = None, *args: Any, **kwargs: Any) -> None:
        try:
            kind, error, _ = shell._get_exc_info(exc_tuple)
        except ValueError:  # there was none
            error = None
        if not _with_a_group(error):
            in_full(exc_tuple, *args, **kwargs)
        elif shell.InteractiveTB.mode == "Minimal":
            text = shell.InteractiveTB.get_exception_only(kind, error)
            shell._showtraceback(kind, error, [*text, *_members(error)])
        else:  # IPython prints what is being handled now: for `%tb` that is nothing
            shell._showtraceback(kind, error, traceback.format_exception(error))

    showtraceback.is_short = True  # type: ignore[attr-defined]
    shell.showtraceback = showtraceback  # type: ignore[method-assign]


def _with_a_group(error: BaseException | None) -> bool:
    # IPython asks the context; one that `raise … from None` hides counts there, too.
    while error is not None and not isinstance(error, BaseExceptionGroup):
        error = error.__context__
    return error is not None


def _members(error: BaseException, indent: str = "  ") -> Iterator[str]:
    members = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for member in members[:MOST]:
        text = Seen(member, ()).text.strip().partition("\n")[0]
        yield f"{indent}{type(member).__name__}{': ' if text else ''}{text}\n"
        yield from _members(member, indent + "  ")
    if len(members) > MOST:
        yield f"{indent}and {len(members) - MOST} more\n"
