"""Clues on a store that is being ported: what its first versions get wrong, and the next step."""

from todo_lib.lab.checks.advice import KnownMistake

# Unless a call was never awaited: then that is the reason, and the verdict's own advice is better.
NOTHING_CHANGED = r"saw: as before(?![\s\S]*never awaited)"
STORE_MISTAKES = (
    KnownMistake(
        "This store has no `session` any more: open one with `self.factory()`.",
        facts="object has no attribute 'session'",
    ),
    KnownMistake(
        "Nothing in the class takes what the store is made with. "
        "Does its first line name the class that it builds on?",
        facts=r"\w+\(\) takes no arguments",
    ),
    KnownMistake(
        "A row of `execute` is a tuple with the task in it. Use `session.scalars(…)`: it gives the tasks.",
        facts=r"ValidationError: .*input_value=\(Task\(",
    ),
    KnownMistake(
        "The class comes first: `session.get(Task, id)`.",
        code=r"session\.get\((?!Task\b)",
        facts=r"raised: (NoInspectionAvailable|TypeError: .*get\(\) missing)",
    ),
    KnownMistake(
        "A statement only says what you want: hand it to the session, `await session.scalars(select(…))`.",
        facts=r"(object (Select|Delete|Update|Insert) can't be used in|"
        r"'(Select|Delete|Update|Insert)' object can't be)",
    ),
    KnownMistake(
        "The answer is one row. Take it out of the result with `.one()`, then unpack it.",
        facts=r"(cannot unpack non-iterable|not enough values to unpack|too many values to unpack)",
    ),
    KnownMistake(
        "The answer is one row: take it out of the result with `.one()`.",
        facts=r"Result' object is not subscriptable",
    ),
    KnownMistake(
        "These are `Task`s, the promise is `TaskOutput`: "
        "`TaskOutput.model_validate(entity)` makes one of the other.",
        facts=r"^expected: (?!True|False).*\nsaw: \[?Task\(",
    ),
    KnownMistake(
        "`None` came back: is a `return` missing, on one of the ways through?",
        facts=r"expected: (?!None|\w+Error\().*\nsaw: None$",
    ),
    KnownMistake(
        "The task was changed, but the database does not know: is it one that this session loaded?",
        code=r"self\.get\(",
        facts=NOTHING_CHANGED,
    ),
    KnownMistake("What you did is gone again: which call makes it last?", facts=NOTHING_CHANGED),
    KnownMistake(
        "Which part of the synchronous query asks for the order?", facts="saw: the same, in another order"
    ),
)
