"""Why a behaviour does not hold: the cause's name, what to show of it, the next step."""

import inspect
from collections.abc import Mapping
from typing import Any

from todo_lib.lab.checks.behaviour import BrokenPromise, declared_cause
from todo_lib.lab.checks.failure import OwnLines, Result
from todo_lib.lab.checks.trial import Stopped

TIMEOUT = 5.0  # seconds for one behaviour
NEXT_STEP = {
    "blank": "Write your answer in the place of ____ , run that cell, then run this one again.",
    "not awaited": "Which calls here talk to the database? Each of them needs `await`.",
    "coroutine returned": "Which calls here talk to the database? Each of them needs `await`.",
    "still synchronous": "Write `async def`: only then can the method use `await`.",
    "a generator": "A generator cannot be awaited. Collect what it gives in a list, and `return` that.",
    "blocks the event loop": "Use what can be awaited instead. While this call waits, no other task runs.",
    "hangs": "Something here waits for what never comes. It was stopped; nothing is left running.",
    "engine not disposed": "An engine keeps its connections until `dispose()`. Is one made in each call?",
    "connection kept": "Open the session with `async with`, so that it is closed when the block ends.",
    "session shared": "Open a new session in each call: one session cannot serve two calls at once.",
    "another row": "The entity that was saved knows its id. Looked up otherwise, it may be another one.",
    "remembered": "An answer is remembered. Ask the database in each call: others change it, too.",
    "error swallowed": "Let the error through. Only the caller can decide what it means.",
    "wrong value": "Compare the two lines above: what is asked for, and what came?",
    "raised": "Look at the line above: what does it need, or what is there that should not be?",
    "not written": "The task has no id: at this line it is not written yet. "
    "Which line of the synchronous version writes?",
    "outside factory": "Use the factory your store was given: `self.factory()`.",
    "no method": "Is the name spelt as the exercise says?",
    "older class": "Run the cell that defines it again, then this one.",
    "wrong object": "Pass the class itself, without brackets: `check(DataStoreDb)`.",
}
FUNCTION_NEXT_STEP = NEXT_STEP | {
    "not awaited": "That call made a coroutine. Put `await` in front of it.",
    "coroutine returned": "Which call here makes a coroutine? Put `await` in front of it.",
    "still synchronous": "Write `async def`: only then can the function use `await`.",
    "older class": "Run the cell that defines it again, then this one.",
    "wrong object": "Pass the function itself, without brackets: `check(my_function)`.",
}


def _is_generator(function: Any) -> bool:
    inner = inspect.unwrap(function) if callable(function) else function  # under `@asynccontextmanager`
    return inspect.isasyncgenfunction(inner) or inspect.isgeneratorfunction(inner)


def forgotten(result: Result, own: OwnLines) -> str:
    """Return the learner's line that made a coroutine which nobody awaited; or ""."""
    return next(filter(None, (own.line(found.frames) for found in result.unawaited)), "")


def explain(result: Result, functions: Mapping[str, Any], own: OwnLines) -> tuple[str, list[str]]:
    """Return the cause of a failure and what to show of it; `functions` are what was to be written."""
    failure = result.failure
    assert failure, "only what failed is explained"
    broken = issubclass(failure.error, BrokenPromise)
    where = own.line(failure.frames)
    facts = [*failure.facts, *([f"in your code, {where}"] if where and not broken else [])]
    line = forgotten(result, own)
    if line:
        return "not awaited", [*facts[-1:] * broken, f"never awaited, so it did not run: {line}"]
    if failure.coroutine_seen:
        return "coroutine returned", facts
    if failure.error is TypeError and "'await' expression" in failure.text:
        generators = [name for name, function in functions.items() if _is_generator(function)]
        if generators:
            return "a generator", [
                f"`{generators[0]}` contains `yield`, so a call makes a generator.",
                *facts,
            ]
        plain = [name for name, function in functions.items() if not inspect.iscoroutinefunction(function)]
        if plain:
            return "still synchronous", [f"`{plain[0]}` is a plain `def`: this is still synchronous.", *facts]
    if (
        failure.error.__name__ == "ValidationError"
        and "\nid\n  Input should be a valid integer" in failure.text
    ):
        return "not written", facts[-1:]
    if issubclass(failure.error, Stopped):
        return "hangs", [f"stopped after {TIMEOUT:.0f} seconds", *facts[1:]]
    return failure.cause or declared_cause(result.behaviour) or ("wrong value" if broken else "raised"), facts
