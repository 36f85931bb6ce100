"""The learner's own project on disk: `make workspace`, or `new_workspace()` in a notebook.

It stands in `workspace/`, which git ignores. It starts as the synchronous app with its tests; each lesson
from 03 to 08 says what to change, and `await q.workspace.check()` says how far it is.
"""

import argparse
import itertools
import sys
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from todo_lib.course.migration.file_mistakes import FILE_MISTAKES
from todo_lib.course.migration.project import (
    ENDPOINT_TESTS,
    REPOSITORY,
    STORE_TESTS,
    changed_in,
    files_after,
    known_lesson,
)
from todo_lib.course.syllabus import by_name
from todo_lib.lab.checks.advice import KnownMistake, first_fitting
from todo_lib.lab.checks.discreet import Discreet
from todo_lib.lab.checks.scenario import NEXT_STEP, Scenario, judge_files
from todo_lib.lab.exercise import strict
from todo_lib.lab.messages import Note
from todo_lib.lab.testing.projects import CONFIG, Files, read_project, write_project
from todo_lib.lab.testing.runs import StoppedError, TestRun, run_projects
from todo_lib.lab.verdict import MAX_LINES, Outcome, Verdict

NAME = "workspace"
START = "do_we_need_async"  # the last lesson after which nothing is changed yet
# After each lesson of the migration, of the store's tests and of the endpoints': words from the reason
# why they are red, or nothing if they are green.
REASONS = {
    START: ("", ""),
    "tests_first": ("create_async_session_factory", ""),
    "engine_and_session_factory": ("does not support the", "'create_tables' was never awaited"),
    "first_awaits": ("no attribute 'session'", "'create_tables' was never awaited"),
    "the_whole_store": ("", "'create_tables' was never awaited"),
    "endpoint_tests": ("", "coroutine"),
    "dependencies_and_endpoints": ("", ""),
}
# A learner may be further than a lesson, and styles differ: any reason
# that a lesson gives for these tests will do.
KNOWN = [{words for words in column if words} for column in zip(*REASONS.values(), strict=True)]
MISTAKES = (
    KnownMistake(
        f'Lesson {by_name("tests_first").number} put `filterwarnings = ["error"]` into `pyproject.toml`. '
        "Without it nobody says what was not awaited.",
        code=r"(?s)\A(?!.*\berror\b)",
        facts="no such table",
    ),
)


def folder() -> Path:
    """Return where the workspace is: in the repository, or, when CI runs a notebook, beside that notebook."""
    return (Path.cwd() if strict() else REPOSITORY) / NAME


def new_workspace(after: str | int = START, into: Path | None = None) -> Note:
    """Lay the project as it stands after a lesson into `workspace/`. One that is there is moved aside, never lost.

    `after="05"` is for whoever comes late: all that lessons up to 05 change is done already. Raise `ValueError`, and
    change nothing, for a lesson that is none.
    """  # noqa: E501
    number = known_lesson(str(after)).number  # first of all: a lesson that is none must not move anything
    place = into or folder()
    lines = [
        "Open `todo_app` and `tests` in it with any editor.",
        f"Its tests, in a terminal, in that folder: {_pytest()}",
    ]
    if place.exists():
        free = next(n for n in itertools.count(1) if not place.with_name(f"{place.name}-{n}").exists())
        old = place.rename(place.with_name(f"{place.name}-{free}"))
        lines.append(f"What was there is now in `{old.name}/`.")
    write_project(place, files_after(number))
    return Note("✓", f"{place.name}/ holds the project after lesson {number}", tuple(lines))


def _pytest() -> str:
    """Return the command that runs pytest, also in a terminal that would find another Python first."""
    return f'`"{sys.executable}" -m pytest`'


@dataclass(frozen=True)
class WorkspaceJudge(Discreet):
    """Judges the files in the workspace: what a lesson changes, then the learner's own suite."""

    lesson: str
    """The name of the lesson's folder."""
    paths: tuple[str, ...]
    """The files that are taken from the workspace into each scenario."""
    scenarios: tuple[Scenario, ...]
    advice: Mapping[str, str] = field(default_factory=dict)
    """Cause → the next step, where this exercise has better words than `NEXT_STEP`."""
    mistakes: tuple[KnownMistake, ...] = ()
    """Wrong answers that this exercise recognises."""

    @property
    def promises(self) -> list[str]:
        """Return the sentences a learner can read: all of what is judged, nothing hidden."""
        return [*(scenario.promise for scenario in self.scenarios), self._own_suite()]

    @property
    def hints(self) -> tuple[str, str, str]:
        """Return the concept, the place, the code: the same words in every lesson."""
        number = by_name(self.lesson).number
        files = ", ".join(f"`{NAME}/{path}`" for path in self.paths)
        return (
            "Do in the file what you did in the cells. "
            "The whole file may be longer, the changes are the same.",
            f"Files: {files}. In a terminal, in `{NAME}/`: {_pytest()}.",
            f"new_workspace(after='{number}') lays the finished state; yours is kept beside it, to compare.",
        )

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
                f"next: `new_workspace(after='{by_name(self.lesson).number}')` has it",
            )
            return Verdict(Outcome.NOT_YET, exercise, "file missing", lines)
        taken = {path: files[path] for path in self.paths}
        stage = self._stage(files)
        if stage and by_name(stage).number < self._before():
            lines = (
                f"`{NAME}/` is only as far as lesson {by_name(stage).number}.",
                f"next: {self._new_one()}",
            )
            return Verdict(Outcome.NOT_STARTED, exercise, "too old", lines)
        if stage or taken == {path: files_after(START).get(path) for path in self.paths}:
            lines = (
                f"`{NAME}/{changed_in(self.lesson)[0]}` is as it was.",
                "next: Change it as this lesson says.",
            )
            return Verdict(Outcome.NOT_STARTED, exercise, "untouched", lines)
        verdict = await judge_files(
            exercise, {**_further(files), **taken}, self.scenarios, self.advice, self.mistakes, FILE_MISTAKES
        )
        if verdict.outcome is not Outcome.RIGHT:
            return verdict
        return await self._judge_suite(exercise, files, verdict)

    def _before(self) -> str:
        """Return the lesson whose end state this one begins with."""
        return f"{int(by_name(self.lesson).number) - 1:02}"

    def _new_one(self) -> str:
        return f"`new_workspace(after='{self._before()}')` lays one that is as far as this lesson needs."

    def _stage(self, files: Mapping[str, str]) -> str:
        """Return the first lesson after which nothing was changed that later ones, up to this, do; or ""."""
        names = list(REASONS)
        here = names.index(self.lesson)
        for place, stage in enumerate(names[:here]):
            later = {path for name in names[place + 1 : here + 1] for path in changed_in(name)}
            laid = files_after(stage)
            if all(files.get(path) == laid.get(path) for path in later):
                return stage
        return ""

    async def _judge_suite(self, exercise: str, files: dict[str, str], verdict: Verdict) -> Verdict:
        """Run the workspace as it is.

        What must be green by now is green, what is red is red for a known reason.
        """
        try:
            run = (await run_projects([(files, ["tests"])]))[0]
        except StoppedError as error:
            stopped = (f"your own suite: {error}", f"next: {NEXT_STEP['hangs']}")
            return Verdict(Outcome.PARTLY, exercise, "hangs", stopped, verdict.total, verdict.total + 1)
        parts = [run.of(path) for path in (STORE_TESTS, ENDPOINT_TESTS)]
        lines = [
            f"your {what} tests: {'✓ green' if part.green else '✗ red'}, {part.counts or _reason(part, run)}"
            for what, part in zip(("store's", "endpoints'"), parts, strict=True)
        ]
        # A `conftest.py` keeps pytest from starting at all, if it imports what a later lesson makes.
        waits = any(words and _is_red_for([words], run.of(CONFIG)) for words in REASONS[self.lesson])
        wrong = [
            part
            for part, words, known in zip(parts, REASONS[self.lesson], KNOWN, strict=True)
            if not (part.green or waits or (words and _is_red_for(known, part)))
        ]
        total = verdict.total + 1
        if wrong:
            reason = _reason(wrong[0], run)
            next_step = NEXT_STEP["configuration"] if run.of(CONFIG).failed else self._own_suite()
            next_step = first_fitting(MISTAKES, files.get(CONFIG, ""), reason) or next_step
            lines += [f"reason: {reason}", f"next: {next_step}"]
            return Verdict(Outcome.PARTLY, exercise, "suite", tuple(lines), verdict.total, total)
        lines += [f"reason: {_reason(part, run)}" for part in parts if not part.green]
        if waits or [part.green for part in parts] == [not words for words in REASONS[self.lesson]]:
            lines.append("That is where this lesson ends.")
        else:
            lines.append("You are further than this lesson.")
        kept = verdict.lines[: MAX_LINES - 1 - len(lines)]
        return Verdict(Outcome.RIGHT, exercise, "", (*kept, *lines), total, total)


def _further(files: Files) -> Files:
    """Return what the learner has added: helpers, a `conftest.py`, settings. Other files may need them."""
    known = {path for lesson in REASONS for path in files_after(lesson)}
    further = {path: text for path, text in files.items() if path not in known}
    if _makes_warnings_errors(files.get(CONFIG, "")):
        further[CONFIG] = files[CONFIG]
    return further


def _makes_warnings_errors(config: str) -> bool:
    """Return whether these settings are as strict as the course's: if so, a trial can use them."""
    try:
        options = tomllib.loads(config)["tool"]["pytest"]["ini_options"]
        return "error" in options["filterwarnings"] and "testpaths" in options
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        return False


def _is_red_for(reasons: Collection[str], run: TestRun) -> bool:
    return any(words in result.message for words in reasons for result in run.failed)


def _reason(part: TestRun, run: TestRun) -> str:
    """Return why a part of a run is red: a test of it, or what kept pytest from starting."""
    failed = part.failed or run.of(CONFIG).failed
    return failed[0].reason if failed else "no test was found"


def workspace_judge(
    lesson: str,
    paths: Sequence[str],
    scenarios: Sequence[Scenario],
    advice: Mapping[str, str] | None = None,
    mistakes: Sequence[KnownMistake] = (),
) -> WorkspaceJudge:
    """Return the judge of the exercise `workspace` of a lesson."""
    return WorkspaceJudge(lesson, tuple(paths), tuple(scenarios), advice or {}, tuple(mistakes))


def main() -> int:
    """Do what `make workspace` asks for."""
    parser = argparse.ArgumentParser(description="Lay a copy of the project into workspace/.")
    parser.add_argument("--after", default=START, help="the lesson whose end state is laid, by its number")
    try:
        print(new_workspace(parser.parse_args().after, into=REPOSITORY / NAME))
    except ValueError as error:
        sys.exit(f"Nothing was changed: {error}. For instance: make workspace AFTER=05")
    return 0


if __name__ == "__main__":
    sys.exit(main())
