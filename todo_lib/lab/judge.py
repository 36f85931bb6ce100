"""Judge a learner's store: run behaviours on it, find the cause of what fails, name the line."""

import asyncio
import dis
import inspect
import linecache
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import async_sessionmaker

from todo_lib.lab.bench import async_bench
from todo_lib.lab.blank import Blank, line_of_blank
from todo_lib.lab.blocking import BlockingError, blocked_call, refuse_blocking
from todo_lib.lab.contract import Behaviour, Broken, behaviours, sentence
from todo_lib.lab.errors import find
from todo_lib.lab.unawaited import Frame, Unawaited, catch_unawaited, frames_of
from todo_lib.lab.verdict import MAX_LINES, Outcome, Verdict

TIMEOUT = 5.0  # seconds for one behaviour
WIDTH = 160  # characters of a shown value
DATE = re.compile(r"datetime\.date\((\d+), (\d+), (\d+)\)")

NEXT_STEP = {
    "blank": "Write your answer in the place of ____ , run that cell, then run this one again.",
    "not awaited": "Which calls here talk to the database? Each of them needs `await`.",
    "coroutine returned": "Which calls here talk to the database? Each of them needs `await`.",
    "still synchronous": "Write `async def`: only then can the method use `await`.",
    "blocks the event loop": "Use what can be awaited instead. While this call waits, no other task runs.",
    "hangs": "Something here waits for what never comes. It was stopped; nothing is left running.",
    "connection kept": "Open the session with `async with`, so that it is closed when the block ends.",
    "session shared": "Open a new session in each call: one session cannot serve two calls at once.",
    "wrong value": "Keep what you have; compare the two lines above.",
    "raised": "Look at the line above: what does it need, or what is there that should not be?",
    "not written": "The task has no id: it was never written. Which line of the synchronous version writes?",
    "outside factory": "Use the factory your store was given: `self.factory()`.",
    "no method": "Is the name spelt as the exercise says?",
    "older class": "Run the cell that defines it again, then this one.",
    "wrong object": "Pass the class itself, without brackets: `check(DataStoreDb)`.",
}


@dataclass(frozen=True)
class Failure:
    """Why a behaviour does not hold, in words: the exception itself would keep the learner's objects alive."""

    error: type[BaseException]
    text: str
    frames: tuple[Frame, ...]
    """Where it was raised, innermost first."""
    facts: tuple[str, ...]
    """What to show: tried, expected, seen; or the error in one line."""
    coroutine_seen: bool = False
    traceback: str = ""
    fix: str = ""
    """What the catalogue of errors advises."""

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """Describe an exception, and put away the coroutine it may hold."""
        full = "".join(traceback.format_exception(error))
        known = find(error)
        facts: tuple[str, ...] = (
            f"raised: {type(error).__name__}: {short_text(str(error))}",
            *([f"meaning: {known.title}"] if known else []),
        )
        seen = getattr(error, "seen", None)
        if isinstance(error, Broken):
            facts = (
                f"tried: {short_text(error.tried)}",
                f"expected: {short(error.expected)}",
                f"saw: {short(seen)}",
            )
        if inspect.iscoroutine(seen):
            seen.close()
        text = "" if isinstance(error, Broken) else full
        fix = known.fix if known else ""
        return cls(type(error), str(error), frames_of(error), facts, inspect.iscoroutine(seen), text, fix)


@dataclass(frozen=True)
class Result:
    """One behaviour tried: `failure` is None if it holds."""

    behaviour: Behaviour
    failure: Failure | None
    unawaited: tuple[Unawaited, ...]

    def failed_by(self, error: type[BaseException]) -> bool:
        """Return whether it failed by this kind of error."""
        return self.failure is not None and issubclass(self.failure.error, error)


@dataclass(frozen=True)
class StoreJudge:
    """Judges a store class by the behaviours that need no other methods than these."""

    methods: tuple[str, ...]

    @property
    def behaviours(self) -> list[Behaviour]:
        """Return what is judged, in order."""
        return behaviours(*self.methods)

    @property
    def promises(self) -> list[str]:
        """Return the sentences a learner can read: all of what is judged, nothing hidden."""
        return [sentence(behaviour) for behaviour in self.behaviours]

    async def __call__(self, exercise: str, answer: Any) -> Verdict:
        """Return the verdict on `answer`, a class that is given a session factory.

        Each behaviour gets a fresh database and `TIMEOUT` seconds. Nothing is raised: what the answer
        raises becomes part of the verdict.
        """
        early = _before_running(exercise, answer, self.methods)
        if early:
            return early
        own = _OwnLines(answer)
        results: list[Result] = []
        for behaviour in self.behaviours:
            results.append(await _try(behaviour, answer, watch_blocking=True))
            if results[-1].failed_by(TimeoutError):
                break  # what hangs once hangs again, and the learner is waiting
        failed = [result for result in results if result.failure]
        holds, total = len(results) - len(failed), len(self.behaviours)
        if not failed:
            return Verdict(Outcome.RIGHT, exercise, "", _promises_kept(self.promises), holds, holds)
        outcome = Outcome.PARTLY if holds else Outcome.NOT_YET
        blocked = next((result.failure for result in failed if result.failed_by(BlockingError)), None)
        if blocked:
            lines = await self._explain_blocking(answer, blocked, own)
            return Verdict(outcome, exercise, "blocks the event loop", lines, holds, total, blocked.traceback)
        cause, facts = _explain(failed[0], answer, self.methods, own)
        advice = failed[0].failure.fix if cause == "raised" else ""
        lines = (
            f"does not hold: {sentence(failed[0].behaviour)}",
            *facts,
            f"next: {advice or NEXT_STEP[cause]}",
        )
        return Verdict(outcome, exercise, cause, lines, holds, total, failed[0].failure.traceback)

    async def _explain_blocking(self, answer: type, blocked: Failure, own: "_OwnLines") -> tuple[str, ...]:
        """Say which call blocked, and whether the answer is right apart from that."""
        call, meaning = blocked_call(blocked.text)
        right = call != "time.sleep" and not any(
            [(await _try(behaviour, answer, watch_blocking=False)).failure for behaviour in self.behaviours]
        )
        return (
            "The right answer, but it stops the event loop." if right else "It stops the event loop.",
            f"blocking call: `{call}`, {own.line(blocked.frames)}",
            f"meaning: {meaning}.",
            f"next: {NEXT_STEP['blocks the event loop']}",
        )


class _OwnLines:
    """Tells which lines are the learner's: those in the file or cell where the answer was written."""

    def __init__(self, answer: type) -> None:
        members = [value for base in answer.__mro__[:-1] for value in vars(base).values()]
        functions = [inspect.unwrap(member) for member in members if inspect.isfunction(member)]
        self.files = {function.__code__.co_filename for function in functions}

    def line(self, frames: Sequence[Frame]) -> str:
        """Return "line 4: `code`" for the first frame, innermost first, that is the learner's; or ""."""
        for file, number in frames:
            if file in self.files:
                return f"line {number}: `{linecache.getline(file, number).strip()}`"
        return ""


def _before_running(exercise: str, answer: Any, methods: Sequence[str]) -> Verdict | None:
    """Return the verdict on what need not be run: nothing, the wrong thing, a stub."""
    if answer is None or isinstance(answer, Blank):
        lines = ("Nothing was passed.", f"next: {NEXT_STEP['wrong object']}")
        return Verdict(Outcome.NOT_STARTED, exercise, "nothing passed", lines)
    if not inspect.isclass(answer):
        lines = (f"saw: {short(answer)}", f"next: {NEXT_STEP['wrong object']}")
        return Verdict(Outcome.NOT_YET, exercise, "wrong object", lines)
    older = _older_class(answer)
    if older:
        lines = (older, f"next: {NEXT_STEP['older class']}")
        return Verdict(Outcome.NOT_YET, exercise, "older class", lines)
    for method in methods:
        function = inspect.unwrap(getattr(answer, method, None) or (lambda: None))
        if not hasattr(answer, method):
            lines = (f"`{answer.__name__}` has no method `{method}`.", f"next: {NEXT_STEP['no method']}")
            return Verdict(Outcome.NOT_YET, exercise, "no method", lines)
        outside = _outside_factory(function) if inspect.isfunction(function) else ""
        if outside:
            lines = (
                f"`{method}` uses the notebook's own `{outside}`.",
                f"next: {NEXT_STEP['outside factory']}",
            )
            return Verdict(Outcome.NOT_YET, exercise, "outside factory", lines)
        line = line_of_blank(function) if inspect.isfunction(function) else None
        if line:
            code = linecache.getline(function.__code__.co_filename, line).strip()
            lines = (f"line {line}: `{code}`", f"next: {NEXT_STEP['blank']}")
            return Verdict(Outcome.NOT_STARTED, exercise, "blank", lines)
    return None


def _older_class(answer: type) -> str:
    """Return what is out of date: the class, or one it is built on, was defined again since."""
    for each in answer.__mro__[:-1]:
        namespace = vars(sys.modules.get(each.__module__, object))
        newest = namespace.get(each.__name__, each)
        if newest is not each and inspect.isclass(newest):
            if each is answer:
                return f"This is an older `{each.__name__}`: it was defined again after this one."
            return f"`{answer.__name__}` is built on an older `{each.__name__}`: that one was defined again."
    return ""


def _outside_factory(function: Any) -> str:
    """Return the name of a global session factory that the function uses: its rows would go elsewhere."""
    for instruction in dis.get_instructions(function):
        value = function.__globals__.get(instruction.argval) if instruction.opname == "LOAD_GLOBAL" else None
        if isinstance(value, async_sessionmaker):
            return str(instruction.argval)
    return ""


async def _try(behaviour: Behaviour, answer: Callable[..., Any], watch_blocking: bool) -> Result:
    failure = None
    with catch_unawaited() as unawaited:
        try:
            async with async_bench(answer) as bench, asyncio.timeout(TIMEOUT):
                with refuse_blocking() if watch_blocking else nullcontext():
                    await behaviour(bench)
        except Exception as error:  # noqa: BLE001 (whatever the learner's code raises is the verdict's matter)
            failure = Failure.of(error)
    return Result(behaviour, failure, tuple(unawaited))


def _explain(result: Result, answer: type, methods: Sequence[str], own: _OwnLines) -> tuple[str, list[str]]:
    """Return the cause of a failure and what to show of it."""
    failure = result.failure
    assert failure, "only what failed is explained"
    broken = issubclass(failure.error, Broken)
    where = own.line(failure.frames)
    facts = [*failure.facts, *([f"in your code, {where}"] if where and not broken else [])]
    for found in result.unawaited:
        line = own.line(found.frames)
        if line:
            return "not awaited", [*facts[-1:] * broken, f"never awaited, so it did not run: {line}"]
    if failure.coroutine_seen:
        return "coroutine returned", facts
    if failure.error is TypeError and "'await' expression" in failure.text:
        plain = [name for name in methods if not inspect.iscoroutinefunction(getattr(answer, name))]
        if plain:
            return "still synchronous", [f"`{plain[0]}` is a plain `def`: this is still synchronous.", *facts]
    if (
        failure.error.__name__ == "ValidationError"
        and "\nid\n  Input should be a valid integer" in failure.text
    ):
        return "not written", facts[-1:]
    if issubclass(failure.error, TimeoutError):
        return "hangs", [f"stopped after {TIMEOUT:.0f} seconds", *facts[1:]]
    promise = sentence(result.behaviour)
    if "connection back" in promise:
        return "connection kept", facts
    if "at once" in promise:
        return "session shared", facts
    return ("wrong value" if broken else "raised"), facts


def _promises_kept(promises: list[str]) -> tuple[str, ...]:
    """Return what fits of the promises: the last ones, for they ask for most."""
    if len(promises) < MAX_LINES:
        return tuple(promises)
    shown = promises[2 - MAX_LINES :]
    return (f"{len(promises)} promises hold, the last of them:", *shown)


def short(value: object) -> str:
    """Return the value's repr, cut to one line."""
    if inspect.iscoroutine(value):
        return f"a coroutine: `{value.__qualname__}` has not run"
    return short_text(repr(value))


def short_text(text: str) -> str:
    """Return the text on one line, dates as people write them, cut."""
    text = DATE.sub(r"\1-\2-\3", " ".join(text.split()))
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 2]} …"
