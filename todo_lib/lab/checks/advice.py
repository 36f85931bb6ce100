"""What an exercise knows of likely wrong answers: how to recognise one, and the next step from there."""

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from todo_lib.lab.checks.discreet import Discreet


@dataclass(frozen=True)
class KnownMistake(Discreet):
    """A wrong answer that can be recognised. Each pattern that is given must be found."""

    advice: str
    code: str = ""
    """A pattern in the learner's own code."""
    facts: str = ""
    """A pattern in what the verdict shows, one fact a line: tried, expected, saw, raised."""


def advice_for(
    mistakes: Iterable[KnownMistake], promise: str, facts: Sequence[str], functions: Mapping[str, Any]
) -> str:
    """Return the advice of the first mistake that fits, or "".

    Of `functions` those are looked at whose call stands in the promise; all of them if none does.
    """
    named = [function for name, function in functions.items() if f"{name}(" in promise]
    code, shown = "\n".join(map(_code_of, named or functions.values())), "\n".join(facts)
    return first_fitting(mistakes, code, shown)


def first_fitting(mistakes: Iterable[KnownMistake], code: str, shown: str) -> str:
    """Return the advice of the first mistake that fits the learner's code and the verdict's facts, or ""."""
    fitting = (
        mistake.advice
        for mistake in mistakes
        if re.search(mistake.code, code) and re.search(mistake.facts, shown, re.MULTILINE)
    )
    return next(fitting, "")


def _code_of(function: Any) -> str:
    try:
        return inspect.getsource(inspect.unwrap(function))
    except (OSError, TypeError):  # its text is lost, or it is no function
        return ""
