"""How answers are judged: a function, a value, a file; on one database or on several."""

from todo_lib.lab.checks.advice import KnownMistake
from todo_lib.lab.checks.behaviour import (
    Behaviour,
    BrokenPromise,
    Words,
    declared_cause,
    fails_as,
    require_equal,
    sentence,
)
from todo_lib.lab.checks.every_driver import EveryDriver
from todo_lib.lab.checks.files import FileJudge
from todo_lib.lab.checks.function import FunctionJudge, ValueJudge
from todo_lib.lab.checks.scenario import Scenario

__all__ = [
    "Behaviour",
    "BrokenPromise",
    "EveryDriver",
    "FileJudge",
    "FunctionJudge",
    "KnownMistake",
    "Scenario",
    "ValueJudge",
    "Words",
    "declared_cause",
    "fails_as",
    "require_equal",
    "sentence",
]
