"""Judge files: the text of an answer cell, or the files in the learner's own workspace."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from todo_lib.lab.blank import Blank
from todo_lib.lab.checks.advice import KnownMistake
from todo_lib.lab.checks.discreet import Discreet
from todo_lib.lab.checks.failure import short
from todo_lib.lab.checks.scenario import NEXT_STEP, Scenario, judge_files
from todo_lib.lab.verdict import Outcome, Verdict


@dataclass(frozen=True)
class FileJudge(Discreet):
    """Judges the text of one file by running tests on projects that contain it."""

    path: str
    """Where in the project the file belongs."""
    scenarios: tuple[Scenario, ...]
    whole: Callable[[str], str] = str
    """Makes the whole file of the answer, if the answer is only a part of it."""
    advice: Mapping[str, str] = field(default_factory=dict)
    """Cause → the next step, where this exercise has better words than `NEXT_STEP`."""
    mistakes: tuple[KnownMistake, ...] = ()
    """Wrong answers that this exercise recognises."""
    general: tuple[KnownMistake, ...] = ()
    """Wrong answers that any file may hold."""

    @property
    def promises(self) -> list[str]:
        """Return the sentences a learner can read: all of what is judged, nothing hidden."""
        return [scenario.promise for scenario in self.scenarios]

    async def __call__(self, exercise: str, answer: Any) -> Verdict:
        """Return the verdict on `answer`, the text. Nothing is raised."""
        advice = {**NEXT_STEP, **self.advice}
        if answer is None or isinstance(answer, Blank):
            lines = ("Nothing was passed.", f"next: {advice['nothing passed']}")
            return Verdict(Outcome.NOT_STARTED, exercise, "nothing passed", lines)
        if not isinstance(answer, str):
            lines = (f"saw: {short(answer)}", f"next: {advice['wrong object']}")
            return Verdict(Outcome.NOT_YET, exercise, "wrong object", lines)
        files = {self.path: self.whole(answer)}
        return await judge_files(exercise, files, self.scenarios, self.advice, self.mistakes, self.general)
