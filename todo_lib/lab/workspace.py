"""The learner's own project on disk: `make workspace`, or `new_workspace()` in a notebook.

It stands in `workspace/`, which git ignores. It starts as the synchronous app with its tests; each lesson
from 03 to 08 says what to change, and `await q.workspace.check()` says how far it is.
"""

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from todo_lib.lab.exercise import Exercise, strict
from todo_lib.lab.judge.trial import Trial, judge_files
from todo_lib.lab.project import ENDPOINT_TESTS, ROOT, STORE_TESTS, files_after, lay, read_project
from todo_lib.lab.show import Note
from todo_lib.lab.testing import run_projects
from todo_lib.lab.verdict import MAX_LINES, Outcome, Verdict

NAME = "workspace"
# After each lesson of the migration: are the store's tests green, are the endpoints'?
GREEN = {
    "02": (True, True),
    "03": (False, True),
    "04": (False, False),
    "05": (False, False),
    "06": (True, False),
    "07": (True, False),
    "08": (True, True),
}


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

    @property
    def promises(self) -> list[str]:
        """Return the sentences a learner can read: all of what is judged, nothing hidden."""
        return [*(trial.promise for trial in self.trials), self._own_suite()]

    def _own_suite(self) -> str:
        store, endpoints = ("green" if green else "red" for green in GREEN[self.lesson])
        return f"Run in your workspace, the store's tests are {store} and the endpoints' tests {endpoints}."

    async def __call__(self, exercise: str, answer: Any) -> Verdict:
        """Return the verdict on the workspace; `answer` may name another folder. Nothing is raised."""
        place = Path(answer) if isinstance(answer, str | Path) else folder()
        if not place.is_dir():
            lines = (
                f"There is no `{NAME}/` yet. The cells of this lesson do not need it.",
                "next: `make workspace` in a terminal, or here: `new_workspace()`",
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
        if taken == {path: files_after("02").get(path) for path in self.paths}:
            lines = (f"`{NAME}/{self.paths[0]}` is as it was.", "next: Change it as this lesson says.")
            return Verdict(Outcome.NOT_STARTED, exercise, "untouched", lines)
        verdict = await judge_files(exercise, taken, self.trials, {})
        if verdict.outcome is not Outcome.RIGHT:
            return verdict
        return await self._judge_suite(exercise, files, verdict)

    async def _judge_suite(self, exercise: str, files: dict[str, str], verdict: Verdict) -> Verdict:
        """Run the workspace as it is: what must be green by now is green."""
        run = (await run_projects([(files, ["tests"])]))[0]
        parts = [run.of(path) for path in (STORE_TESTS, ENDPOINT_TESTS)]
        lines = [
            f"your {what} tests: {'✓ green' if part.green else '✗ red'}, {part.counts}"
            for what, part in zip(("store's", "endpoints'"), parts, strict=True)
        ]
        wrong = [
            part for part, green in zip(parts, GREEN[self.lesson], strict=True) if green and not part.green
        ]
        if wrong:
            reason = wrong[0].failed[0].reason if wrong[0].failed else "no test was found"
            lines += [f"reason: {reason}", f"next: {self._own_suite()}"]
            total = verdict.total + 1
            return Verdict(Outcome.PARTLY, exercise, "suite", tuple(lines), verdict.total, total)
        if tuple(part.green for part in parts) == GREEN[self.lesson]:
            lines.append("That is where this lesson ends.")
        else:
            lines.append("You are further than this lesson.")
        kept = verdict.lines[: MAX_LINES - 1 - len(lines)]
        return Verdict(Outcome.RIGHT, exercise, "", (*kept, *lines), verdict.total + 1, verdict.total + 1)


def workspace_exercise(lesson: str, paths: Sequence[str], trials: Sequence[Trial]) -> Exercise:
    """Return the exercise `workspace` of a lesson."""
    return Exercise(
        WorkspaceJudge(lesson, tuple(paths), tuple(trials)),
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
