"""Judge files by pytest: put them into projects, run the tests there, compare what came of it with a promise.

A trial that must be green asks whether the files are right. A trial that must be red breaks the application
first, and asks whether the tests notice.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from todo_lib.lab.blank import NAME
from todo_lib.lab.judge.trying import promises_kept
from todo_lib.lab.project import CONFIG, Files, files_after
from todo_lib.lab.testing import TestResult, TestRun, run_projects
from todo_lib.lab.verdict import Outcome, Verdict

LIMIT = 30.0  # seconds for all trials of a check

NEXT_STEP = {
    "blank": "Write your answer in the place of ____ , run that cell, then run this one again.",
    "nothing passed": "Pass the name that stands after `%%answer`, without quotes.",
    "wrong object": "Pass the name that stands after `%%answer`, without quotes.",
    "syntax": "Python cannot read this line, or the one before it. Is a bracket or a colon missing?",
    "cannot be imported": "Is the name spelt as in the other file, and is it defined there?",
    "configuration": "pytest could not start. Compare `pyproject.toml` with the reason: names, quotes, what is missing.",
    "no test": "pytest runs functions whose names begin with `test_`.",
    "too few tests": "Keep every test. A test that is gone is green, too.",
    "plain def": "Write `async def`: only then can the function use `await`.",
    "not awaited": "Put `await` in front of the call that made this coroutine.",
    "no mark": "Mark each async test: `@pytest.mark.asyncio`.",
    "async fixture": "Give an async fixture its own decorator: `@pytest_asyncio.fixture`.",
    "left open": "Close behind the `yield` what the fixture has opened: `await dispose(factory)`.",
    "test fails": "Look at the line above: what did the test expect, and what did it see?",
    "stays green": "Which test should have noticed? Is each call awaited, and is its result compared?",
    "red for another reason": "The test must fail because of what the application does, not because of itself.",
    "hangs": "Something here waits for what never comes. It was stopped; nothing is left running.",
}


@dataclass(frozen=True)
class Trial:
    """One project with the learner's files in it, and what its tests must do."""

    promise: str
    """The sentence a learner reads."""
    after: str
    """The project as it stands after this lesson is what the files are put into."""
    green: bool = True
    broken: tuple[str, str, str] | None = None
    """A file, a text in it, and what stands in its place: the application, broken on purpose."""
    files: Mapping[str, str] = field(default_factory=dict)
    """More files, for instance tests of the course's own."""
    select: tuple[str, ...] = ("tests",)
    words: str = ""
    """What the reason of a red must contain, so that it is red for the right reason."""
    tests: int = 1
    """How many tests must have run at least."""

    def project(self, answer: Mapping[str, str]) -> Files:
        """Return the project to run. Raise `ValueError` if what is to be broken is not there."""
        files = {**files_after(self.after), **answer, **self.files}
        if self.broken:
            path, old, new = self.broken
            if old not in files[path]:
                raise ValueError(f"{path} has no {old!r} to break")
            files[path] = files[path].replace(old, new)
        return files


async def judge_files(
    exercise: str, answer: Mapping[str, str], trials: Sequence[Trial], advice: Mapping[str, str]
) -> Verdict:
    """Return the verdict on files (path → text) by what became of each trial."""
    advice = {**NEXT_STEP, **advice}
    early = _before_running(exercise, answer, advice)
    if early:
        return early
    jobs = [(trial.project(answer), trial.select) for trial in trials]
    try:
        runs = await run_projects(jobs, LIMIT)
    except TimeoutError as error:
        lines = (f"does not hold: {trials[error.args[0]].promise}", f"stopped after {LIMIT:.0f} seconds")
        return _not_right(exercise, "hangs", lines, advice, error.args[0], len(trials))
    problems = [_problem(trial, run, answer) for trial, run in zip(trials, runs, strict=True)]
    holds = problems.count(None)
    for trial, problem in zip(trials, problems, strict=True):
        if problem:
            cause, facts, failure = problem
            known = failure.entry if failure and cause == "test fails" else None
            lines = (
                f"does not hold: {trial.promise}",
                *facts,
                *([f"meaning: {known.title}"] if known else []),
            )
            fix = {cause: known.fix} if known else {}
            text = failure.text if failure else ""
            return _not_right(exercise, cause, lines, {**advice, **fix}, holds, len(trials), text)
    kept = promises_kept([trial.promise for trial in trials])
    return Verdict(Outcome.RIGHT, exercise, "", kept, holds, holds)


def _not_right(
    exercise: str,
    cause: str,
    lines: Sequence[str],
    advice: Mapping[str, str],
    holds: int = 0,
    total: int = 1,
    text: str = "",
) -> Verdict:
    outcome = Outcome.PARTLY if holds else Outcome.NOT_YET
    return Verdict(outcome, exercise, cause, (*lines, f"next: {advice[cause]}"), holds, total, text)


def _before_running(exercise: str, answer: Mapping[str, str], advice: Mapping[str, str]) -> Verdict | None:
    for path, text in answer.items():
        for number, line in enumerate(text.splitlines(), 1):
            if NAME in line:
                lines = (f"{path}, line {number}: `{line.strip()}`", f"next: {advice['blank']}")
                return Verdict(Outcome.NOT_STARTED, exercise, "blank", lines)
        if path.endswith(".py"):
            try:
                compile(text, path, "exec")
            except SyntaxError as error:
                line = text.splitlines()[(error.lineno or 1) - 1].strip()
                facts = (f"{path}, line {error.lineno}: `{line}`", f"SyntaxError: {error.msg}")
                if "outside async function" in error.msg:
                    advice = {**advice, "syntax": advice["plain def"]}
                return _not_right(exercise, "syntax", facts, advice)
    return None


def _problem(
    trial: Trial, run: TestRun, answer: Mapping[str, str]
) -> tuple[str, tuple[str, ...], TestResult | None] | None:
    """Return why a trial does not hold: the cause, what to show, and the test that failed."""
    if not run.results:
        return "no test", ("pytest found no test.",), None
    for result in run.failed:
        if result.name == CONFIG:
            return "configuration", _facts(result, answer), result
    if trial.green:
        for cause, sign in SIGNS.items():
            for result in run.failed:
                if sign(result):
                    return cause, _facts(result, answer), result
        if len(run.results) < trial.tests:
            return (
                "too few tests",
                (f"{len(run.results)} tests ran, at least {trial.tests} are needed.",),
                None,
            )
        return None
    if run.green:
        return "stays green", (f"saw: {run.counts}",), None
    reasons = [f"{result.reason} {result.text}" for result in run.failed]
    if trial.words and not any(trial.words in reason for reason in reasons):
        return "red for another reason", _facts(run.failed[0], answer), run.failed[0]
    return None


def _facts(result: TestResult, answer: Mapping[str, str]) -> tuple[str, ...]:
    """Return which test failed, the last line of the answer that it came through, and why."""
    paths = "|".join(map(re.escape, answer))
    passed = re.findall(rf"^(?:{paths}):\d+: in .*\n +(.+)$", result.text, re.MULTILINE)
    line = (f"line: `{passed[-1]}`",) if passed else ()
    return f"✗ {result.test or result.file}", *line, f"reason: {result.reason}"


AFTERWARDS = "after the last test"  # where run_pytest.py puts what is found only then
LEFT_OPEN = "ResourceWarning"  # what Python says of a connection that nobody closed

# The order matters: a forgotten await also makes tests fail that have no fault of their own.
SIGNS: dict[str, Callable[[TestResult], bool]] = {
    "no mark": lambda result: "async def functions are not natively supported" in result.message,
    "async fixture": lambda result: "no plugin or hook that handled it" in result.text,
    "not awaited": lambda result: (
        "'coroutine' object" in result.message
        # SQLAlchemy itself leaves one behind when it finds out that it cannot wait: that is not the learner's.
        or ("was never awaited" in result.message and "'Connection." not in result.message)
    ),
    "cannot be imported": lambda result: (
        result.kind == "ImportError" or not (result.test or result.name == AFTERWARDS)
    ),
    "test fails": lambda result: bool(result.test) and result.kind != LEFT_OPEN,
    "left open": lambda result: True,  # last: a fixture that fails leaves things open, too
}
