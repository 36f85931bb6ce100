"""The contract: what every store promises, sentence by sentence."""

from todo_lib.lab.contract import calls_alone, calls_together
from todo_lib.lab.contract.behaviour import BEHAVIOURS, NEEDS, Behaviour, Broken, behaviours, expect, sentence

MODULES = (calls_alone, calls_together)  # importing a module puts its behaviours into the contract, in order

__all__ = ["BEHAVIOURS", "MODULES", "NEEDS", "Behaviour", "Broken", "behaviours", "expect", "sentence"]
