"""The contract: what every store promises, sentence by sentence."""

from todo_lib.course.contract import single_calls

# isort: split
from todo_lib.course.contract import concurrent_calls

# isort: split
from todo_lib.course.contract import calls_despite_others
from todo_lib.course.contract.registry import BEHAVIOURS, NEEDS, behaviours

MODULES = (
    single_calls,
    concurrent_calls,
    calls_despite_others,
)  # importing a module puts its behaviours into the contract, in order

__all__ = ["BEHAVIOURS", "MODULES", "NEEDS", "behaviours"]
