"""Judge files by pytest: put them into projects, run the tests there, compare what came of it with a promise.

A scenario that must be green asks whether the files are right. A scenario that must be red breaks the
application first, and asks whether the tests notice.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from todo_lib.lab.blank import NAME
from todo_lib.lab.checks.advice import KnownMistake, first_fitting
from todo_lib.lab.checks.discreet import Discreet
from todo_lib.lab.checks.judging import promises_kept
from todo_lib.lab.errors.lookup import find
from todo_lib.lab.testing.projects import CONFIG, Files
from todo_lib.lab.testing.runs import StoppedError, TestResult, TestRun, run_projects
from todo_lib.lab.verdict import CheckFailedError, Outcome, Verdict

LIMIT = 30.0  # seconds for one test

NEXT_STEP = {
    "blank": "Write your answer in the place of ____ , run that cell, then run this one again.",
    "nothing passed": "Pass the name that stands after `%%answer`, without quotes.",
    "wrong object": "Pass the name that stands after `%%answer`, without quotes.",
    "syntax": "Python cannot read this line, or the one before it. Is a bracket or a colon missing?",
    "cannot be imported": "Is the name spelt as in the other file, and is it defined there?",
    "configuration": "pytest could not start. Compare `pyproject.toml` with the reason: "
    "names, quotes, what is missing.",
    "no test": "pytest runs functions whose names begin with `test_`.",
    "too few tests": "Keep every test. A test that is gone is green, too.",
    "not run": "What does not run, or may fail, proves nothing. Let it run, and be green or red.",
    "plain def": "Write `async def`: only then can the function use `await`.",
    "not awaited": "Put `await` in front of the call that made this coroutine.",
    "no mark": "Mark each async test: `@pytest.mark.asyncio`.",
    "async fixture": "Give an async fixture its own decorator: `@pytest_asyncio.fixture`.",
    "left open": "Something was opened and is still open: a session wants `async with`, an engine `dispose`.",
    "test fails": "Read the reason: what was expected, and what was seen?",
    "stays green": "Which test should have noticed? Is each call awaited, and is its result compared?",
    "red for another reason": "The test must fail because of what the application does, "
    "not because of itself.",
    "hangs": "Something here waits for what never comes. It was stopped; nothing is left running.",
}


Mutation = tuple[str, str, str]
"""A file, a text in it, and what stands in its place."""


@dataclass(frozen=True)
class Scenario(Discreet):
    """One project with the learner's files in it, and what its tests must do."""

    promise: str
    """The sentence a learner reads."""
    base: Callable[[], Files]
    """Makes the project that the files are put into."""
    green: bool = True
    mutations: tuple[Mutation, ...] = ()
    """The application, broken on purpose."""
    files: Mapping[str, str] = field(default_factory=dict)
    """More files, for instance tests of the course's own."""
    select: tuple[str, ...] = ("tests",)
    words: str = ""
    """What the reason of a red must contain, so that it is red for the right reason."""
    tests: int = 1
    """How many tests must have passed at least. What was skipped has not."""
    mistakes: tuple[KnownMistake, ...] = ()
    """Wrong answers that this scenario recognises."""

    def project(self, answer: Mapping[str, str]) -> Files:
        """Return the project to run. Raise `ValueError` if what is to be broken is not there."""
        files = {**self.base(), **answer, **self.files}
        for path, old, new in self.mutations:
            if old not in files[path]:
                raise ValueError(f"{path} has no {old!r} to break")
            files[path] = files[path].replace(old, new)
        return files


@dataclass(frozen=True)
class Problem:
    """Why a scenario does not hold."""

    cause: str
    facts: tuple[str, ...]
    """What to show."""
    failure: TestResult | None = None
    """What became of the test that failed."""

    @property
    def unnamed(self) -> bool:
        """Return whether it is something left open that no test is known to have opened."""
        return self.cause == "left open" and self.failure is not None and self.failure.name == AFTERWARDS


async def judge_files(
    exercise: str,
    answer: Mapping[str, str],
    scenarios: Sequence[Scenario],
    advice: Mapping[str, str],
    mistakes: Sequence[KnownMistake] = (),
    general: Sequence[KnownMistake] = (),
) -> Verdict:
    """Return the verdict on files (path → text) by what became of each scenario.

    A known mistake that fits has better words than the catalogue of errors, and that than `advice`. Those of
    the exercise come first, then the scenario's, then the `general` ones, which any file may have.
    """
    advice = {**NEXT_STEP, **advice}
    early = _before_running(exercise, answer, advice, general)
    if early:
        return early
    jobs = [(scenario.project(answer), scenario.select) for scenario in scenarios]
    problems: list[Problem | None] = []
    try:
        runs = await run_projects(jobs, LIMIT)
    except StoppedError as error:
        runs = [*error.runs]
        where = [f"✗ {error.test.partition('::')[2]}"] if error.test else []
        stopped = Problem("hangs", (*where, f"stopped after {LIMIT:.0f} seconds"))
        problems = [stopped] * (len(scenarios) - len(runs))  # what was not reached does not hold either
    tried = zip(scenarios, runs, strict=False)
    problems = [*(_problem(scenario, run, answer) for scenario, run in tried), *problems]
    pairs = list(zip(scenarios, problems, strict=True))
    found = [(scenario, problem) for scenario, problem in pairs if problem]
    # A test that is red whatever the application does notices nothing.
    sound = not any(scenario.green for scenario, _ in found)
    holds = sum(problem is None and (scenario.green or sound) for scenario, problem in pairs)
    if found:
        # What is found only after the last test says less than a test with a name.
        scenario, problem = min(found, key=lambda each: each[1].unnamed)
        lines, step = _told(scenario, problem, answer, (*mistakes, *scenario.mistakes, *general), advice)
        text = problem.failure.text if problem.failure else ""
        return _not_right(exercise, problem.cause, lines, {problem.cause: step}, holds, len(scenarios), text)
    kept = promises_kept([scenario.promise for scenario in scenarios])
    return Verdict(Outcome.RIGHT, exercise, "", kept, holds, holds)


def _told(
    scenario: Scenario,
    problem: Problem,
    answer: Mapping[str, str],
    mistakes: Sequence[KnownMistake],
    advice: Mapping[str, str],
) -> tuple[tuple[str, ...], str]:
    """Return what to show of a problem, and the next step."""
    if problem.failure and problem.failure.kind == CheckFailedError.__name__:  # another judge has found them
        *found, advised = problem.failure.message.splitlines()
        return tuple(found), advised.removeprefix("next: ")
    lines = (f"does not hold: {scenario.promise}", *problem.facts)
    step = first_fitting(mistakes, "\n".join(answer.values()), "\n".join(lines))
    known = problem.failure.entry if problem.failure and problem.cause == "test fails" else None
    if known and not step:
        return (*lines, f"meaning: {known.title}"), known.fix
    return lines, step or advice[problem.cause]


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


def _before_running(
    exercise: str, answer: Mapping[str, str], advice: Mapping[str, str], general: Sequence[KnownMistake]
) -> Verdict | None:
    for path, text in answer.items():
        for number, line in enumerate(text.splitlines(), 1):
            if NAME in line.partition("#")[0]:  # a comment may say what it likes
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
                elif known := find(error):
                    advice = {**advice, "syntax": known.fix}
                step = first_fitting(general, text, "\n".join(facts))
                if step:
                    advice = {**advice, "syntax": step}
                return _not_right(exercise, "syntax", facts, advice)
    return None


def _problem(scenario: Scenario, run: TestRun, answer: Mapping[str, str]) -> Problem | None:
    """Return why a scenario does not hold."""
    if not run.results:
        return Problem("no test", ("pytest found no test.",))
    for result in run.failed:
        if result.name == CONFIG:
            return Problem("configuration", _facts(result, run, answer), result)
    if scenario.green:
        enough = len(run.passed) >= scenario.tests
        if run.skipped and not enough and not any(result.test for result in run.failed):
            return Problem("not run", _facts(run.skipped[0], run, answer), run.skipped[0])
        for cause, sign in SIGNS.items():
            for result in run.failed:
                if sign(result):
                    return Problem(cause, _facts(result, run, answer), result)
        if not enough:
            counts = f"{len(run.passed)} tests ran, at least {scenario.tests} are needed."
            return Problem("too few tests", (counts,))
        return None
    if not run.failed:
        return Problem("stays green", (f"saw: {run.counts}",))
    reasons = [f"{result.reason} {result.text}" for result in run.failed]
    if scenario.words and not any(scenario.words in reason for reason in reasons):
        return Problem("red for another reason", _facts(run.failed[0], run, answer), run.failed[0])
    return None


def _facts(result: TestResult, run: TestRun, answer: Mapping[str, str]) -> tuple[str, ...]:
    """Return which test failed, the line of the answer that matters, and why."""
    where = result.test or result.file
    if result.name == AFTERWARDS:
        where = ", and ".join([*(each.test for each in run.failed[:1] if each.test), where])
    line = _unawaited_line(result, answer) or _last_line(result, answer)
    mark = "–" if result.skipped else "✗"
    return f"{mark} {where}", *([f"line: `{line}`"] if line else []), f"reason: {result.reason}"


def _last_line(result: TestResult, answer: Mapping[str, str]) -> str:
    """Return the last line of the answer that the failure came through, or ""."""
    paths = "|".join(map(re.escape, answer))
    passed = re.findall(rf"^(?:{paths}):\d+: in .*\n +(.+)$", result.text, re.MULTILINE)
    return passed[-1] if passed else ""


def _unawaited_line(result: TestResult, answer: Mapping[str, str]) -> str:
    """Return the line of the answer that makes the coroutine never awaited, if only one can be it."""
    coroutine = re.search(r"coroutine '(?:\w+\.)*(\w+)' was never awaited", result.message)
    if not coroutine:
        return ""
    call = re.compile(rf"^(?!.*\b(?:await|def)\b).*\b{coroutine[1]}\(.*", re.MULTILINE)
    found = [line for text in answer.values() for line in call.findall(text)]
    return found[0].strip() if len(found) == 1 else ""


AFTERWARDS = "after the last test"  # where run_pytest.py puts what is found only then
# What Python says of a connection that nobody closed, and what the driver's thread says whose loop has gone.
LEFT_OPEN = ("ResourceWarning", "PytestUnhandledThreadExceptionWarning")

# The order matters: a forgotten await also makes tests fail that have no fault of their own.
SIGNS: dict[str, Callable[[TestResult], bool]] = {
    "no mark": lambda result: "async def functions are not natively supported" in result.message,
    "async fixture": lambda result: "no plugin or hook that handled it" in result.text,
    "not awaited": lambda result: (
        "'coroutine' object" in result.message
        # SQLAlchemy itself leaves one behind when it finds out that it
        # cannot wait: that is not the learner's.
        or ("was never awaited" in result.message and "'Connection." not in result.message)
    ),
    "cannot be imported": lambda result: (
        result.kind == "ImportError" or not (result.test or result.name == AFTERWARDS)
    ),
    "test fails": lambda result: bool(result.test) and result.kind not in LEFT_OPEN,
    "left open": lambda result: True,  # last: a fixture that fails leaves things open, too
}
