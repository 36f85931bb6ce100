"""Who judges what: a store, a function, a value."""

from todo_lib.lab.judge.function import FunctionJudge, ValueJudge
from todo_lib.lab.judge.store import StoreJudge

__all__ = ["FunctionJudge", "StoreJudge", "ValueJudge"]
