"""Who judges what: a store, a function, a value, a file."""

from todo_lib.lab.judge.clue import Clue
from todo_lib.lab.judge.drivers import EveryDriver
from todo_lib.lab.judge.files import FileJudge
from todo_lib.lab.judge.function import FunctionJudge, ValueJudge
from todo_lib.lab.judge.store import StoreJudge
from todo_lib.lab.judge.trial import Trial

__all__ = ["Clue", "EveryDriver", "FileJudge", "FunctionJudge", "StoreJudge", "Trial", "ValueJudge"]
