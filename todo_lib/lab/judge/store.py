"""Judge a learner's store: a class that is given a session factory, or, while synchronous, a session."""

import inspect
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from todo_lib.lab.bench import async_bench, sync_bench
from todo_lib.lab.contract import Behaviour, behaviours, sentence
from todo_lib.lab.judge.before import nothing_passed, out_of_date, unwritten, wrong_object
from todo_lib.lab.judge.cause import NEXT_STEP
from todo_lib.lab.judge.trying import Trial, judge
from todo_lib.lab.verdict import Outcome, Verdict


@dataclass(frozen=True)
class StoreJudge:
    """Judges a store class by the behaviours that need no other methods than these."""

    methods: tuple[str, ...]
    synchronous: bool = False
    """The class is given an open session and has plain methods, as before the migration."""
    also: tuple[Behaviour, ...] = ()
    """More to judge: async functions of the class itself, in the form of a behaviour."""
    advice: Mapping[str, str] = field(default_factory=dict)
    """Cause → the next step, where this exercise has better words than `NEXT_STEP`."""
    url: str | None = None
    """The database to judge on, emptied for each behaviour; a new SQLite file each time if nothing is said."""

    @property
    def promises(self) -> list[str]:
        """Return the sentences a learner can read: all of what is judged, nothing hidden."""
        return [sentence(behaviour) for behaviour in (*behaviours(*self.methods), *self.also)]

    async def __call__(self, exercise: str, answer: Any) -> Verdict:
        """Return the verdict on `answer`, the class. Nothing is raised."""
        advice = {**NEXT_STEP, **self.advice}
        early = self._before_running(exercise, answer, advice)
        if early:
            return early
        bench = sync_bench if self.synchronous else async_bench
        trials: list[Trial] = [(each, partial(bench, answer, self.url)) for each in behaviours(*self.methods)]
        trials += [(each, partial(nullcontext, answer)) for each in self.also]
        functions = {method: getattr(answer, method) for method in self.methods}
        return await judge(exercise, trials, answer, functions, advice, may_block=self.synchronous)

    def _before_running(self, exercise: str, answer: Any, advice: Mapping[str, str]) -> Verdict | None:
        """Return the verdict on what need not be run: nothing, the wrong thing, a stub."""
        nothing = nothing_passed(exercise, answer, advice)
        if nothing:
            return nothing
        if not inspect.isclass(answer):
            return wrong_object(exercise, answer, advice)
        older = out_of_date(exercise, answer, advice)
        if older:
            return older
        for method in self.methods:
            if not hasattr(answer, method):
                lines = (f"`{answer.__name__}` has no method `{method}`.", f"next: {advice['no method']}")
                return Verdict(Outcome.NOT_YET, exercise, "no method", lines)
            early = unwritten(exercise, method, getattr(answer, method), advice)
            if early:
                return early
        return None
