"""Judge a learner's function, or a value."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from todo_lib.lab.checks.advice import KnownMistake
from todo_lib.lab.checks.behaviour import Behaviour, sentence
from todo_lib.lab.checks.diagnosis import FUNCTION_NEXT_STEP
from todo_lib.lab.checks.discreet import Discreet
from todo_lib.lab.checks.judging import judge
from todo_lib.lab.checks.preconditions import nothing_passed, unwritten, wrong_object
from todo_lib.lab.checks.trial import Trial
from todo_lib.lab.verdict import Verdict


@dataclass(frozen=True)
class _BehaviourJudge(Discreet):
    behaviours: tuple[Behaviour, ...]

    @property
    def promises(self) -> list[str]:
        """Return the sentences a learner can read: all of what is judged, nothing hidden."""
        return [sentence(behaviour) for behaviour in self.behaviours]


@dataclass(frozen=True)
class FunctionJudge(_BehaviourJudge):
    """Judges a function by behaviours.

    They are async functions of it, which call it and raise `BrokenPromise` if it is wrong.
    """

    may_block: bool = False
    """Do not look for calls that stop the event loop.

    The answer is synchronous, or the lesson wants it so.
    """
    advice: Mapping[str, str] = field(default_factory=dict)
    """Cause → the next step, where this exercise has better words than `FUNCTION_NEXT_STEP`."""
    mistakes: tuple[KnownMistake, ...] = ()
    """Wrong answers that this exercise recognises."""
    opens: Callable[[Any], AbstractAsyncContextManager[Any]] = nullcontext
    """Makes of the answer what a behaviour is given: the answer itself, or with a harness for it."""

    async def __call__(self, exercise: str, answer: Any) -> Verdict:
        """Return the verdict on `answer`, the function. Nothing is raised."""
        advice = {**FUNCTION_NEXT_STEP, **self.advice}
        nothing = nothing_passed(exercise, answer, advice)
        if nothing:
            return nothing
        if not callable(answer) or isinstance(answer, type):
            return wrong_object(exercise, answer, advice)
        name = getattr(answer, "__name__", repr(answer))
        early = unwritten(exercise, name, answer, advice)
        if early:
            return early
        trials: list[Trial] = [(each, partial(self.opens, answer)) for each in self.behaviours]
        return await judge(exercise, trials, answer, {name: answer}, advice, self.may_block, self.mistakes)


@dataclass(frozen=True)
class ValueJudge(_BehaviourJudge):
    """Judges a value by behaviours: async functions of it, which raise `BrokenPromise` if it is wrong."""

    advice: Mapping[str, str] = field(default_factory=dict)
    """Cause → the next step, where this exercise has better words than `FUNCTION_NEXT_STEP`."""

    async def __call__(self, exercise: str, answer: Any) -> Verdict:
        """Return the verdict on `answer`. Nothing is raised."""
        advice = {
            **FUNCTION_NEXT_STEP,
            "wrong object": "Put your answer in the place of ____ .",
            **self.advice,
        }
        nothing = nothing_passed(exercise, answer, advice)
        if nothing:
            return nothing
        trials: list[Trial] = [(each, partial(nullcontext, answer)) for each in self.behaviours]
        return await judge(exercise, trials, answer, {}, advice, may_block=True)
