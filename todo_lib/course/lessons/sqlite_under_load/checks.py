"""SQLite under load: the write lock, the pool, a deadline."""

from todo_lib.course.lessons.sqlite_under_load import behaviours, harness
from todo_lib.lab.checks import FunctionJudge
from todo_lib.lab.checks.advice import KnownMistake
from todo_lib.lab.exercise import Judge

PREPARE_MISTAKES = (
    KnownMistake(
        "`PRAGMA busy_timeout` reads the value, `PRAGMA name = value` sets it.",
        code=r"(?i)pragma\s+busy_timeout\s*;?\s*[\"']",
        facts=r"0\.35 s",
    ),
    KnownMistake(
        "busy_timeout is not set: SQLite ignores a PRAGMA it does not know. "
        "Form: `PRAGMA busy_timeout = milliseconds`.",
        code=r"(?is)^(?!.*busy_timeout).*pragma",
        facts=r"0\.35 s",
    ),
)
REMIND_MISTAKES = (
    KnownMistake(
        "The second session reads before it writes, so it needs the lock first: "
        "`get_one(Task, id, with_for_update=True)`, or a single UPDATE.",
        code=r"(?s)^(?!.*with_for_update)",
        facts="database is locked",
    ),
    KnownMistake(
        "`send` was not awaited before the task was marked.",
        code=r"create_task\(|ensure_future\(",
        facts="what was sent",
    ),
)
CANCEL_AND_AWAIT = KnownMistake(
    "A task you start yourself must be awaited after `cancel()`, and cancelled when you are.",
    code=r"(?s)create_task\(.*\.cancel\(",
    facts="connections still held",
)

JUDGES: dict[str, Judge] = {
    "prepare": FunctionJudge(
        (
            behaviours.saves,
            behaviours.rolls_back,
            behaviours.waits,
            behaviours.keeps_others_out,
            behaviours.loses_nothing,
        ),
        opens=harness.prepared,
        mistakes=PREPARE_MISTAKES,
        advice={
            "wrong value": "Which kind of BEGIN takes the lock before anything is read, and is it sent for "
            "every transaction? And busy_timeout counts milliseconds.",
            "coroutine returned": "A plain `def` is right here: SQLAlchemy calls it without `await`.",
        },
    ),
    "remind": FunctionJudge(
        (
            behaviours.sends_and_marks,
            behaviours.holds_nothing,
            behaviours.keeps_changes,
            behaviours.stays_open_on_failure,
            behaviours.gives_back,
        ),
        opens=harness.with_two_tasks,
        mistakes=REMIND_MISTAKES,
        advice={
            "wrong value": "Three steps: read in one session, send in none, mark as done in another. "
            "Look at the two lines above: which step is it?",
            "connection kept": "Leave the `async with` block before you call `send`, "
            "and open another one after it.",
        },
    ),
    "first_within": FunctionJudge(
        (
            behaviours.in_time,
            behaviours.too_late,
            behaviours.raises_errors,
            behaviours.connection_is_back,
            behaviours.stays_cancelled,
            behaviours.nothing_held_after_cancelling,
        ),
        opens=harness.with_slow_queries,
        mistakes=(CANCEL_AND_AWAIT,),
        advice={
            "wrong value": "Which `except` gives None? It must let through every error but the one of the "
            "deadline, and CancelledError, too.",
            "connection kept": "Somebody still holds a session. What you start must be cancelled and "
            "awaited; what you open must stand in `async with`.",
        },
    ),
}
