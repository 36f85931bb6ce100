"""What a learner meets: `q = lesson("05")`, then `await q.add.check(…)`, `q.add.hint()` and so on."""

import importlib
import os
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from todo_lib.lab.show import Note
from todo_lib.lab.unawaited import RunsWhenAwaited
from todo_lib.lab.verdict import CheckFailedError, Outcome, Verdict
from todo_lib.lab.watch import current

LEVELS = ("concept", "place", "code")

verdicts: list[Verdict] = []
"""Every verdict given in this process, in order: CI reads it to see that each check really ran."""


lessons_taken: list["Lesson"] = []
"""Every lesson opened in this process."""


class Judge(Protocol):
    """Turns an answer into a verdict, by promises a learner can read."""

    @property
    def promises(self) -> list[str]:
        """Return every sentence that is judged."""

    async def __call__(self, exercise: str, answer: Any) -> Verdict:
        """Return the verdict on an answer to the exercise of that name."""


@dataclass
class Exercise:
    """One task of a lesson: how it is judged, and the help a learner can ask for."""

    judge: Judge
    hints: tuple[str, str, str]
    """The concept, then the place, then the code."""
    # A default value would stand on the class, and Tab would offer it to the learner; a factory's does not.
    name: str = field(default_factory=str)
    lesson: str = field(default_factory=str)
    hints_seen: int = field(default_factory=int)
    attempts: int = field(default_factory=int)
    last: Verdict | None = field(default_factory=lambda: None)
    _solution_asked: bool = field(default_factory=bool)

    def check(self, answer: Any = None) -> RunsWhenAwaited:
        """Judge an answer: `await` this to get the verdict.

        Raise `CheckFailedError` only in a strict run (CI), and only for a wrong answer.
        """
        return RunsWhenAwaited(f"q.{self.name}.check", partial(self._check, answer))

    async def _check(self, answer: Any) -> Verdict:
        self.attempts += 1
        try:
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
        why = watcher.unrun.why_out_of_date(answer) if watcher else ""
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
        # Here, not above: reading a source costs an import that most learners never need.
        from todo_lib.course.source import find, read  # noqa: PLC0415

        source = read(find(self.lesson))
        if self.name not in source.exercises:  # it judges what other cells hold
            others = ", ".join(f"`q.{name}.solution()`" for name in source.exercises)
            return Note("=", f"a solution: {self.name}", (f"It is in these: {others}.", self.hints[-1]))
        code, explanation = source.solution(self.name)
        return Note("=", f"a solution: {self.name}", (explanation,), code=code)


@dataclass
class Prediction:
    """A question to answer before running the cell that reveals it."""

    question: str
    options: dict[str, str]
    """Letter → the option."""
    right: str
    why: dict[str, str]
    """Letter → why it is right, or why it is tempting and wrong."""
    name: str = field(default_factory=str)
    lesson: str = field(default_factory=str)
    given: str = field(default_factory=str)

    def __dir__(self) -> list[str]:
        return ["predict", "reveal"]

    def predict(self, letter: str) -> Note:
        """Record a prediction. What it is worth is told by `reveal`, after the cell that shows it."""
        letter = str(letter).strip().upper()
        if letter not in self.options:
            return Note("?", f"choose one of {', '.join(self.options)}", (self.question,))
        self.given = letter
        return Note(
            "·",
            f"noted: {letter}",
            (self.options[letter], "Read on: a cell will show it, and the one after it explains."),
        )

    def reveal(self) -> Note:
        """Return what was right, and why each other option is tempting."""
        given = f"you said {self.given}" if self.given else "you made no prediction"
        order = [self.right, *(letter for letter in self.options if letter != self.right)]
        marks = {letter: "✓" if letter == self.right else "✗" for letter in order}
        lines = tuple(f"{marks[each]} {each}: {self.options[each]} {self.why[each]}" for each in order)
        return Note("=", f"it is {self.right}; {given}", lines)


@dataclass
class Recall:
    """A question about an earlier lesson. The answer is explained at once."""

    question: str
    options: dict[str, str]
    """Letter → the option."""
    right: str
    why: dict[str, str]
    """Letter → why it is right, or why it is tempting and wrong."""
    look: str
    """Where to look it up: "lesson 02, under *Predict*"."""
    name: str = field(default_factory=str)
    lesson: str = field(default_factory=str)

    def __dir__(self) -> list[str]:
        return ["answer"]

    def answer(self, letter: str) -> Note:
        """Return whether the letter is right, and why."""
        letter = str(letter).strip().upper()
        if letter not in self.options:
            return Note("?", f"choose one of {', '.join(self.options)}", (self.question,))
        if letter == self.right:
            return Note("✓", f"{letter} is right", (self.why[letter],))
        lines = (self.why[letter], f"Have another try, or look again at {self.look}.")
        return Note("✗", f"not {letter}", lines)


Part = Exercise | Prediction | Recall


class Lesson:
    """A lesson's exercises and questions, by name; tab completion lists them."""

    def __init__(self, number: str, parts: dict[str, Part]) -> None:
        self.number = number
        self._parts = parts
        self.exercises = {name: part for name, part in parts.items() if isinstance(part, Exercise)}
        for name, part in parts.items():
            part.name, part.lesson = name, number
            setattr(self, name, part)

    def __repr__(self) -> str:
        return f"Lesson {self.number}: " + ", ".join(f"q.{name}" for name in self._parts)

    def __dir__(self) -> list[str]:
        return list(self._parts)


def lesson(number: str) -> Lesson:
    """Return a lesson's exercises, fresh. Raise `ValueError` for a number that is none."""
    try:
        module = importlib.import_module(f"todo_lib.lab.lessons.lesson_{number}")
    except ModuleNotFoundError as error:
        raise ValueError(
            f"there is no lesson {number!r}; lessons have two digits, as in lesson('05')"
        ) from error
    taken = Lesson(str(number), module.parts())
    lessons_taken.append(taken)
    return taken


def strict() -> bool:
    """Return whether a failed check must fail its cell: in CI, not at a learner's desk."""
    return os.environ.get("TODO_LAB_STRICT", "") == "1"
