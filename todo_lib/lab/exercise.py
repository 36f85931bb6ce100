"""What a learner meets: a set `q` of exercises, then `await q.add.check(…)`, `q.add.hint()` and so on."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from todo_lib.lab.aio.unawaited import RunsWhenAwaited
from todo_lib.lab.kernel.watcher import current
from todo_lib.lab.messages import Note
from todo_lib.lab.progress import progress
from todo_lib.lab.questions import Prediction, Recall
from todo_lib.lab.verdict import CheckFailedError, Outcome, Verdict

LEVELS = ("concept", "place", "code")

verdicts: list[Verdict] = []
"""Every verdict given in this process, in order: CI reads it to see that each check really ran."""


opened: list["ExerciseSet"] = []
"""Every set of exercises opened in this process."""


class Judge(Protocol):
    """Turns an answer into a verdict, by promises a learner can read."""

    @property
    def promises(self) -> list[str]:
        """Return every sentence that is judged."""

    async def __call__(self, exercise: str, answer: Any) -> Verdict:
        """Return the verdict on an answer to the exercise of that name."""


class HintingJudge(Judge, Protocol):
    """A judge that brings its own hints, because they are the same wherever it judges."""

    @property
    def hints(self) -> Sequence[str]:
        """Return the concept, then the place, then the code."""


class Solutions(Protocol):
    """The solved answers that belong to a set of exercises."""

    @property
    def exercises(self) -> list[str]:
        """Return the names of the exercises that have an answer of their own, in order."""

    def solution(self, exercise: str) -> tuple[str, str]:
        """Return the code and the explanation of an exercise's solution."""


@dataclass(repr=False)
class Exercise:
    """Something to write: how it is judged, and the help a learner can ask for."""

    judge: Judge
    hints: Sequence[str]
    """The concept, then the place, then the code."""
    solutions: Callable[[], Solutions]
    """Reads the solved answers; only who asks for one pays for that."""
    # A default value would stand on the class, and Tab would offer it to the learner; a factory's does not.
    name: str = field(default_factory=str)
    hints_seen: int = field(default_factory=int)
    attempts: int = field(default_factory=int)
    last: Verdict | None = field(default_factory=lambda: None)
    _solution_asked: bool = field(default_factory=bool)

    def __repr__(self) -> str:
        """Return how it is used: whoever forgets the parentheses must not read the answer."""
        return f"q.{self.name}: an exercise; {', '.join(f'.{each}(…)' for each in dir(self))}"

    def check(self, answer: Any = None) -> RunsWhenAwaited:
        """Judge an answer: `await` this to get the verdict.

        Raise `CheckFailedError` only in a strict run (CI), and only for a wrong answer.
        """
        return RunsWhenAwaited(f"q.{self.name}.check", partial(self._check, answer))

    async def _check(self, answer: Any) -> Verdict:
        self.attempts += 1
        try:
            with nullcontext() if strict() else progress(f"checking {self.name}"):
                verdict = self._cell_did_not_run(answer) or await self.judge(self.name, answer)
        except Exception as error:  # noqa: BLE001 (a learner must never see our bug as their own)
            lines = (f"{type(error).__name__}: {error}", "This is not your fault. Please report it.")
            verdict = Verdict(Outcome.BROKEN, self.name, "checker broke", lines)
        verdicts.append(verdict)
        self.last = verdict
        if strict() and verdict.outcome not in {Outcome.RIGHT, Outcome.NOT_STARTED}:
            raise CheckFailedError(f"\n{verdict!r}")
        return verdict

    def _cell_did_not_run(self, answer: Any) -> Verdict | None:
        """Return the verdict on an earlier answer that the learner's last one has not replaced."""
        watcher = current()
        why = watcher.failed_cells.why_out_of_date(answer) if watcher else ""
        lines = (
            why,
            "So this is still your earlier one.",
            "next: Mend that cell, run it, then run this one again.",
        )
        return Verdict(Outcome.NOT_YET, self.name, "cell did not run", lines) if why else None

    def traceback(self) -> Note:
        """Return in full the error that the last check met."""
        if self.last is None or not self.last.traceback:
            return Note("·", "no traceback", ("The last check met no error.",))
        return Note("·", f"the error that the check of {self.name} met", code=self.last.traceback)

    def promises(self) -> Note:
        """Return everything the check judges. There is nothing else."""
        return Note("·", f"what the check of {self.name} judges", tuple(self.judge.promises))

    def __dir__(self) -> list[str]:
        return ["check", "hint", "promises", "solution", "traceback"]

    def hint(self, level: int | None = None) -> Note:
        """Return the next hint, or the one of this level (1 to 3)."""
        level = min(max(level or self.hints_seen + 1, 1), len(LEVELS))
        self.hints_seen = max(self.hints_seen, level)
        more = () if level == len(LEVELS) else (f"More: `q.{self.name}.hint({level + 1})`",)
        title = f"hint {level} of {len(LEVELS)}, the {LEVELS[level - 1]}"
        return Note("?", title, (*self.hints[level - 1].splitlines(), *more))

    def solution(self) -> Note:
        """Return the explained solution; the first time, before any attempt, ask to try first."""
        if not self.attempts and not self._solution_asked:
            self._solution_asked = True
            lines = (
                "A wrong try teaches more than a right reading.",
                "Run this again to see the solution anyway.",
            )
            return Note("?", "have you tried?", lines)
        solutions = self.solutions()
        if self.name not in solutions.exercises:  # it judges what other cells hold
            others = ", ".join(f"`q.{name}.solution()`" for name in solutions.exercises)
            return Note("=", f"a solution: {self.name}", (f"It is in these: {others}.", self.hints[-1]))
        code, explanation = solutions.solution(self.name)
        return Note("=", f"a solution: {self.name}", (explanation,), code=code)


Part = Exercise | Prediction | Recall


class ExerciseSet:
    """Exercises and questions that belong together, by name; tab completion lists them."""

    def __init__(self, title: str, parts: Mapping[str, Part]) -> None:
        self.title = title
        self._parts = parts
        self.exercises = {name: part for name, part in parts.items() if isinstance(part, Exercise)}
        for name, part in parts.items():
            part.name = name
            setattr(self, name, part)
        opened.append(self)

    def __repr__(self) -> str:
        return f"{self.title}: " + ", ".join(f"q.{name}" for name in self._parts)

    def __dir__(self) -> list[str]:
        return list(self._parts)


def strict() -> bool:
    """Return whether a failed check must fail its cell: in CI, not at a learner's desk."""
    return os.environ.get("TODO_LAB_STRICT", "") == "1"
