"""Judge an answer by behaviours: try each of them on something fresh, then find the cause of what fails."""

from collections.abc import Mapping, Sequence
from typing import Any

from todo_lib.lab.aio.blocking import BlockingError, blocked_call, ends_by_itself
from todo_lib.lab.checks import diagnosis
from todo_lib.lab.checks.advice import KnownMistake, advice_for
from todo_lib.lab.checks.behaviour import sentence
from todo_lib.lab.checks.failure import Failure, OwnLines, Result
from todo_lib.lab.checks.trial import Stopped, Trial, attempt
from todo_lib.lab.verdict import MAX_LINES, Outcome, Verdict


async def judge(
    exercise: str,
    trials: list[Trial],
    answer: Any,
    functions: Mapping[str, Any],
    advice: Mapping[str, str],
    may_block: bool,
    mistakes: Sequence[KnownMistake] = (),
) -> Verdict:
    """Return the verdict on an answer by what became of each trial.

    Each behaviour gets something fresh and `diagnosis.TIMEOUT` seconds. Nothing is raised: what the
    answer raises becomes part of the verdict. `functions` are what was to be written, by name; a
    mistake that fits has better words than `advice`.
    """
    own = OwnLines(answer)
    results: list[Result] = []
    for trial in trials:
        results.append(await attempt(trial, diagnosis.TIMEOUT, not may_block, own.names))
        if results[-1].failed_by(Stopped):
            break  # what hangs once hangs again, and the learner is waiting
    failed = [(result, failure) for result in results if (failure := result.failure)]
    holds, total = len(results) - len(failed), len(trials)
    if not failed:
        return _when_all_hold(exercise, results, own, advice)
    outcome = Outcome.PARTLY if holds else Outcome.NOT_YET
    blocked = next((failure for result, failure in failed if result.failed_by(BlockingError)), None)
    if blocked:
        lines = await _explain_blocking(trials, blocked, own, advice)
        return Verdict(outcome, exercise, "blocks the event loop", lines, holds, total, blocked.traceback)
    result, failure = failed[0]
    why, facts = diagnosis.explain(result, functions, own)
    promise = failure.promise or sentence(result.behaviour)
    fix = failure.fix if why == "raised" else ""
    next_step = advice_for(mistakes, promise, facts, functions) or fix or advice[why]
    lines = (f"does not hold: {promise}", *facts, f"next: {next_step}")
    return Verdict(outcome, exercise, why, lines, holds, total, failure.traceback)


def _when_all_hold(exercise: str, results: list[Result], own: OwnLines, advice: Mapping[str, str]) -> Verdict:
    """Return "right", unless a call in the answer was never awaited: its work was not done."""
    forgotten = [line for result in results if (line := diagnosis.forgotten(result, own))]
    holds, total = len(results) - len(forgotten), len(results)
    if forgotten:
        lines = (
            "What comes back is right, but one call did not run.",
            f"never awaited: {forgotten[0]}",
            f"next: {advice['not awaited']}",
        )
        return Verdict(
            Outcome.PARTLY if holds else Outcome.NOT_YET, exercise, "not awaited", lines, holds, total
        )
    kept = promises_kept([sentence(result.behaviour) for result in results])
    return Verdict(Outcome.RIGHT, exercise, "", kept, total, total)


def promises_kept(promises: list[str]) -> tuple[str, ...]:
    """Return what fits of the promises: the last ones, for they ask for most."""
    if len(promises) < MAX_LINES:
        return tuple(promises)
    shown = promises[2 - MAX_LINES :]
    return (f"{len(promises)} promises hold, the last of them:", *shown)


async def _explain_blocking(
    trials: list[Trial], blocked: Failure, own: OwnLines, advice: Mapping[str, str]
) -> tuple[str, ...]:
    """Say which call blocked, and whether the answer is right apart from that.

    It is not run again if the call may wait for ever.
    """
    call, meaning = blocked_call(blocked.text)
    right = ends_by_itself(call) and not any(
        [(await attempt(trial, diagnosis.TIMEOUT, False, own.names)).failure for trial in trials]
    )
    return (
        "The right answer, but it stops the event loop." if right else "It stops the event loop.",
        f"blocking call: `{call}`, {own.line(blocked.frames)}",
        f"meaning: {meaning}.",
        f"next: {advice['blocks the event loop']}",
    )
