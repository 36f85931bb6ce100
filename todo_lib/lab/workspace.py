"""The learner's own project on disk: `make workspace`, or `new_workspace()` in a notebook.

It stands in `workspace/`, which git ignores. It starts as the synchronous app with its tests; each lesson
from 03 to 08 says what to change, and `await q.workspace.check()` says how far it is.
"""

import argparse
import itertools
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from todo_lib.lab.exercise import Exercise, strict
from todo_lib.lab.judge.clue import Clue, first_fitting
from todo_lib.lab.judge.trial import NEXT_STEP, Trial, judge_files
from todo_lib.lab.project import (
    CONFIG,
    ENDPOINT_TESTS,
    ROOT,
    STEPS,
    STORE_TESTS,
    changed_in,
    files_after,
    lay,
    read_project,
)
from todo_lib.lab.show import Note
from todo_lib.lab.testing import TestRun, run_projects
from todo_lib.lab.verdict import MAX_LINES, Outcome, Verdict

NAME = "workspace"
# After each lesson of the migration, of the store's tests and of the endpoints': words from the reason why they
# are red, or nothing if they are green.
REASONS = {
    "02": ("", ""),
    "03": ("create_async_session_factory", ""),
    "04": ("does not support the", "'create_tables' was never awaited"),
    "05": ("no attribute 'session'", "'create_tables' was never awaited"),
    "06": ("", "'create_tables' was never awaited"),
    "07": ("", "coroutine"),
    "08": ("", ""),
}
# A learner may be further than a lesson, and styles differ: any reason that a lesson gives for these tests will do.
KNOWN = [{words for words in column if words} for column in zip(*REASONS.values(), strict=True)]
CLUES = (
    Clue(
        'Lesson 03 put `filterwarnings = ["error"]` into `pyproject.toml`. Without it nobody says what was not awaited.',
        code=r"(?s)\A(?!.*\berror\b)",
        facts="no such table",
    ),
)


def folder() -> Path:
    """Return where the workspace is: in the repository, or, when CI runs a notebook, beside that notebook."""
    return (Path.cwd() if strict() else ROOT) / NAME


def new_workspace(after: str = "02", into: Path | None = None) -> Note:
    """Lay the project as it stands after a lesson into `workspace/`. One that is there is moved aside, never lost.

    `after="05"` is for whoever comes late: all that lessons up to 05 change is done already.
    """
    place = into or folder()
    lines = ["Open `todo_app` and `tests` in it with any editor."]
    if place.exists():
        number = next(n for n in itertools.count(1) if not place.with_name(f"{place.name}-{n}").exists())
        old = place.rename(place.with_name(f"{place.name}-{number}"))
        lines.append(f"What was there is now in `{old.name}/`.")
    lay(place, files_after(after))
    return Note("✓", f"{place.name}/ holds the project after lesson {after}", tuple(lines))


@dataclass(frozen=True)
class WorkspaceJudge:
    """Judges the files in the workspace: what a lesson changes, then the learner's own suite."""

    lesson: str
    paths: tuple[str, ...]
    """The files that are taken from the workspace into each trial."""
    trials: tuple[Trial, ...]
    advice: Mapping[str, str] = field(default_factory=dict)
    """Cause → the next step, where this exercise has better words than `NEXT_STEP`."""
    clues: tuple[Clue, ...] = ()
    """Wrong answers that this exercise recognises."""

    @property
    def promises(self) -> list[str]:
        """Return the sentences a learner can read: all of what is judged, nothing hidden."""
        return [*(trial.promise for trial in self.trials), self._own_suite()]

    def _own_suite(self) -> str:
        store, endpoints = (f"red (`… {words} …`)" if words else "green" for words in REASONS[self.lesson])
        return f"Run in your workspace, the store's tests are {store} and the endpoints' tests {endpoints}."

    async def __call__(self, exercise: str, answer: Any) -> Verdict:
        """Return the verdict on the workspace; `answer` may name another folder. Nothing is raised."""
        place = Path(answer) if isinstance(answer, str | Path) else folder()
        if not place.is_dir():
            lines = (
                f"There is no `{NAME}/` yet. The cells of this lesson do not need it.",
                f"next: {self._new_one()}",
            )
            return Verdict(Outcome.NOT_STARTED, exercise, "no workspace", lines)
        files = read_project(place)
        missing = [path for path in self.paths if path not in files]
        if missing:
            lines = (
                f"`{NAME}/{missing[0]}` is missing.",
                f"next: `new_workspace(after='{self.lesson}')` has it",
            )
            return Verdict(Outcome.NOT_YET, exercise, "file missing", lines)
        taken = {path: files[path] for path in self.paths}
        stage = self._stage(files)
        if stage and stage < self._before():
            lines = (f"`{NAME}/` is only as far as lesson {stage}.", f"next: {self._new_one()}")
            return Verdict(Outcome.NOT_STARTED, exercise, "too old", lines)
        if stage or taken == {path: files_after("02").get(path) for path in self.paths}:
            lines = (
                f"`{NAME}/{changed_in(self.lesson)[0]}` is as it was.",
                "next: Change it as this lesson says.",
            )
            return Verdict(Outcome.NOT_STARTED, exercise, "untouched", lines)
        verdict = await judge_files(exercise, taken, self.trials, self.advice, self.clues)
        if verdict.outcome is not Outcome.RIGHT:
            return verdict
        return await self._judge_suite(exercise, files, verdict)

    def _before(self) -> str:
        """Return the lesson whose end state this one begins with."""
        return f"{int(self.lesson) - 1:02}"

    def _new_one(self) -> str:
        return f"`new_workspace(after='{self._before()}')` lays one that is as far as this lesson needs."

    def _stage(self, files: Mapping[str, str]) -> str:
        """Return the first lesson after which nothing was changed that later ones, up to this, change; or ""."""
        stages = [number for number in REASONS if number < self.lesson]
        for stage in stages:
            later = {path for number in STEPS if stage < number <= self.lesson for path in changed_in(number)}
            laid = files_after(stage)
            if all(files.get(path) == laid.get(path) for path in later):
                return stage
        return ""

    async def _judge_suite(self, exercise: str, files: dict[str, str], verdict: Verdict) -> Verdict:
        """Run the workspace as it is: what must be green by now is green, what is red is red for a known reason."""
        run = (await run_projects([(files, ["tests"])]))[0]
        parts = [run.of(path) for path in (STORE_TESTS, ENDPOINT_TESTS)]
        lines = [
            f"your {what} tests: {'✓ green' if part.green else '✗ red'}, {part.counts or _reason(part, run)}"
            for what, part in zip(("store's", "endpoints'"), parts, strict=True)
        ]
        wrong = [
            part
            for part, words, known in zip(parts, REASONS[self.lesson], KNOWN, strict=True)
            if not part.green and not (words and _is_red_for(known, part))
        ]
        total = verdict.total + 1
        if wrong:
            reason = _reason(wrong[0], run)
            next_step = NEXT_STEP["configuration"] if run.of(CONFIG).failed else self._own_suite()
            next_step = first_fitting(CLUES, files.get(CONFIG, ""), reason) or next_step
            lines += [f"reason: {reason}", f"next: {next_step}"]
            return Verdict(Outcome.PARTLY, exercise, "suite", tuple(lines), verdict.total, total)
        lines += [f"reason: {_reason(part, run)}" for part in parts if not part.green]
        if [part.green for part in parts] == [not words for words in REASONS[self.lesson]]:
            lines.append("That is where this lesson ends.")
        else:
            lines.append("You are further than this lesson.")
        kept = verdict.lines[: MAX_LINES - 1 - len(lines)]
        return Verdict(Outcome.RIGHT, exercise, "", (*kept, *lines), total, total)


def _is_red_for(reasons: Collection[str], run: TestRun) -> bool:
    return any(words in result.message for words in reasons for result in run.failed)


def _reason(part: TestRun, run: TestRun) -> str:
    """Return why a part of a run is red: a test of it, or what kept pytest from starting."""
    failed = part.failed or run.of(CONFIG).failed
    return failed[0].reason if failed else "no test was found"


def workspace_exercise(
    lesson: str,
    paths: Sequence[str],
    trials: Sequence[Trial],
    advice: Mapping[str, str] | None = None,
    clues: Sequence[Clue] = (),
) -> Exercise:
    """Return the exercise `workspace` of a lesson."""
    return Exercise(
        WorkspaceJudge(lesson, tuple(paths), tuple(trials), advice or {}, tuple(clues)),
        hints=(
            "Do in the file what you did in the cells. The whole file may be longer, the changes are the same.",
            f"Files: {', '.join(f'`{NAME}/{path}`' for path in paths)}. In a terminal, in `{NAME}/`: `python -m pytest`.",
            f"new_workspace(after='{lesson}') lays the finished state; yours is kept beside it, to compare.",
        ),
    )


def main() -> int:
    """Do what `make workspace` asks for."""
    parser = argparse.ArgumentParser(description="Lay a copy of the project into workspace/.")
    parser.add_argument("--after", default="02", help="the lesson whose end state is laid, 02 to 08")
    print(new_workspace(parser.parse_args().after, into=ROOT / NAME))
    return 0


if __name__ == "__main__":
    sys.exit(main())
