"""Judge a learner's store: a class that is given a session factory, or, while synchronous, a session."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from todo_lib.course.contract import behaviours
from todo_lib.course.contract.harness import async_harness, sync_harness
from todo_lib.lab.checks.advice import KnownMistake
from todo_lib.lab.checks.behaviour import Behaviour, sentence
from todo_lib.lab.checks.diagnosis import NEXT_STEP
from todo_lib.lab.checks.discreet import Discreet
from todo_lib.lab.checks.judging import judge
from todo_lib.lab.checks.preconditions import nothing_passed, out_of_date, unwritten, wrong_object
from todo_lib.lab.checks.trial import Trial
from todo_lib.lab.verdict import Outcome, Verdict


@dataclass(frozen=True)
class StoreJudge(Discreet):
    """Judges a store class by the behaviours that need no other methods than these."""

    methods: tuple[str, ...]
    synchronous: bool = False
    """The class is given an open session and has plain methods, as before the migration."""
    also: Callable[..., Behaviour | None] | None = None
    """More to judge of these methods: makes of their names an async function of the class, as a behaviour is.

    Or None, if there is nothing to judge of them.
    """
    advice: Mapping[str, str] = field(default_factory=dict)
    """Cause → the next step, where this exercise has better words than `NEXT_STEP`."""
    mistakes: tuple[KnownMistake, ...] = ()
    """Wrong answers that this exercise recognises."""
    url: str | None = None
    """The database to judge on, emptied for each behaviour.

    A new SQLite file each time if nothing is said.
    """

    @property
    def promises(self) -> list[str]:
        """Return the sentences a learner can read: all of what is judged, nothing hidden."""
        return [
            sentence(behaviour) for behaviour in (*self._contract(*self.methods), *self._also(*self.methods))
        ]

    def _contract(self, *methods: str) -> list[Behaviour]:
        """Return what a store with these methods is judged by."""
        return behaviours(*methods)

    def _also(self, *methods: str) -> list[Behaviour]:
        made = self.also(*methods) if self.also else None
        return [made] if made else []

    async def __call__(self, exercise: str, answer: Any) -> Verdict:
        """Return the verdict on `answer`, the class. Nothing is raised."""
        advice = {**NEXT_STEP, **self.advice}
        early = self._before_running(exercise, answer, advice)
        if early:
            return early
        unfinished = {
            method: verdict
            for method in self.methods
            if (verdict := unwritten(exercise, method, getattr(answer, method, None), advice))
        }
        begun = (vars(answer).keys() & set(self.methods)) - unfinished.keys()
        for verdict in unfinished.values():
            if verdict.outcome is Outcome.NOT_YET or not begun:
                return verdict
        written = {
            method: getattr(answer, method, None) for method in self.methods if method not in unfinished
        }
        verdict = await self._judge(exercise, answer, written, advice)
        return self._with_open_places(verdict, list(unfinished.values())) if unfinished else verdict

    async def _judge(
        self, exercise: str, answer: Any, functions: Mapping[str, Any], advice: Mapping[str, str]
    ) -> Verdict:
        """Return the verdict on these methods."""
        harness = sync_harness if self.synchronous else async_harness
        trials: list[Trial] = [
            (each, partial(harness, answer, self.url)) for each in self._contract(*functions)
        ]
        trials += [(each, partial(nullcontext, answer)) for each in self._also(*functions)]
        return await judge(exercise, trials, answer, functions, advice, self.synchronous, self.mistakes)

    def _with_open_places(self, verdict: Verdict, unfinished: list[Verdict]) -> Verdict:
        """Return the verdict on what is written as one on the whole, and say what is still open."""
        total = len(self.promises)
        if verdict.outcome is not Outcome.RIGHT:
            return replace(verdict, total=total)
        *places, next_step = unfinished[0].lines
        count = "One place is" if len(unfinished) == 1 else f"{len(unfinished)} places are"
        lines = (f"What is written is right. {count} open:", *places, next_step)
        return replace(unfinished[0], outcome=Outcome.PARTLY, lines=lines, holds=verdict.holds, total=total)

    def _before_running(self, exercise: str, answer: Any, advice: Mapping[str, str]) -> Verdict | None:
        """Return the verdict on what need not be run: nothing, the wrong thing, a class without a method."""
        nothing = nothing_passed(exercise, answer, advice)
        if nothing:
            return nothing
        if not inspect.isclass(answer):
            return wrong_object(exercise, answer, advice)
        older = out_of_date(exercise, answer, advice)
        if older:
            return older
        for method in self.methods:
            if not (hasattr(answer, method) or hasattr(answer, "__getattr__")):
                lines = (f"`{answer.__name__}` has no method `{method}`.", f"next: {advice['no method']}")
                return Verdict(Outcome.NOT_YET, exercise, "no method", lines)
        return None
