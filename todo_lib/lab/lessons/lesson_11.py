"""Lesson 11, SQLite under load: the write lock, the pool, a deadline."""

from todo_lib.lab.exercise import Exercise, Part, Prediction, Recall
from todo_lib.lab.judge import FunctionJudge
from todo_lib.lab.judge.clue import Clue
from todo_lib.lab.lessons import under_load
from todo_lib.lab.lessons import under_load_promises as promises

PREPARE_CLUES = (
    Clue(
        "`PRAGMA busy_timeout` reads the value, `PRAGMA name = value` sets it.",
        code=r"(?i)pragma\s+busy_timeout\s*;?\s*[\"']",
        facts=r"0\.35 s",
    ),
    Clue(
        "busy_timeout is not set: SQLite ignores a PRAGMA it does not know. "
        "Form: `PRAGMA busy_timeout = milliseconds`.",
        code=r"(?is)^(?!.*busy_timeout).*pragma",
        facts=r"0\.35 s",
    ),
)
REMIND_CLUES = (
    Clue(
        "The second session reads before it writes, so it needs the lock first: "
        "`get_one(Task, id, with_for_update=True)`, or a single UPDATE.",
        code=r"(?s)^(?!.*with_for_update)",
        facts="database is locked",
    ),
    Clue(
        "`send` was not awaited before the task was marked.",
        code=r"create_task\(|ensure_future\(",
        facts="what was sent",
    ),
)
CANCEL_AND_AWAIT = Clue(
    "A task you start yourself must be awaited after `cancel()`, and cancelled when you are.",
    code=r"(?s)create_task\(.*\.cancel\(",
    facts="connections still held",
)


def parts() -> dict[str, Part]:
    """Return the lesson's questions and exercises, in order, fresh."""
    return {**_questions(), **_exercises()}


def _questions() -> dict[str, Part]:
    return {
        "recall_thread": Recall(
            question="Where does a query of `aiosqlite` run?",
            options={
                "A": "In the event loop: the loop waits for it.",
                "B": "In a thread that belongs to the connection.",
                "C": "In a server process.",
            },
            right="B",
            why={
                "A": "Then nobody else would get a turn. Lesson 02 measured that the loop runs on.",
                "B": "Each connection has its thread. The coroutine waits until the thread has an answer.",
                "C": "So it is with PostgreSQL. SQLite is a library: it runs in your own process.",
            },
            look="lesson 02, under *Where async loses*",
        ),
        "recall_intent": Recall(
            question="`update` reads with `with_for_update=True`. What does SQLite get to hear?",
            options={
                "A": "`SELECT … FOR UPDATE`",
                "B": "`BEGIN IMMEDIATE`, then the `SELECT`",
                "C": "Nothing: the option is for PostgreSQL only.",
            },
            right="B",
            why={
                "A": "SQLite knows no `FOR UPDATE`; SQLAlchemy leaves it out of the text.",
                "B": "`prepare_sqlite` sees the wish in the statement, and takes the write lock before the read.",
                "C": "By itself it would be so. `prepare_sqlite` looks at the option.",
            },
            look="lesson 06, under *Your turn: update*",
        ),
        "ten_at_once": Prediction(
            question="Ten times plus one at the same moment, on an engine that nobody prepared. What comes out?",
            options={
                "A": "10: only one writer gets in at a time, and the others wait.",
                "B": "10: a coroutine is not interrupted between reading and writing.",
                "C": "An error: `database is locked`.",
                "D": "1, and no error.",
            },
            right="D",
            why={
                "A": "The writers did wait for each other. But each had read before that.",
                "B": "At every `await` others get their turn, and one stands in between.",
                "C": "Tempting: SQLite is known for it. But each transaction only wrote, one after the other.",
                "D": "All ten read 0, and all ten wrote 1. To the database that is in perfect order.",
            },
        ),
        "begin_first": Prediction(
            question="`slow` has read, `quick` has written and committed. What happens to `slow` when it writes?",
            options={
                "A": "It writes: `quick` has committed, so the lock is free.",
                "B": "It waits five seconds, then it fails.",
                "C": "It fails at once.",
                "D": "It overwrites what `quick` wrote, as before.",
            },
            right="C",
            why={
                "A": "The lock is free, but what `slow` has read is no longer true.",
                "B": "That is what the patience is for. But no waiting makes what was read true again.",
                "C": "A transaction sees the database as it was at its first read. From there it may not write "
                "once another has written.",
                "D": "Now reading and writing are one transaction, and SQLite checks it.",
            },
        ),
        "deadline": Prediction(
            question="A deadline of a quarter of a second around a query of one second. What do you see?",
            options={
                "A": "`TimeoutError` after a quarter of a second: the query was stopped.",
                "B": "`TimeoutError` after a quarter of a second; the query runs on and keeps its connection.",
                "C": "`TimeoutError` after one second.",
                "D": "The result, after one second: a query in a thread cannot be cancelled.",
            },
            right="C",
            why={
                "A": "So it is with PostgreSQL, in lesson 12. Here nobody tells the thread to stop.",
                "B": "Half of it: the query runs on. But SQLAlchemy waits for its end before it lets the "
                "`CancelledError` through.",
                "C": "The query ends by itself, then the connection goes back, then you hear of the deadline.",
                "D": "The query did end, but the coroutine that wanted its result had been cancelled.",
            },
        ),
    }


def _exercises() -> dict[str, Part]:
    return {
        "prepare": Exercise(
            FunctionJudge(
                (
                    promises.saves,
                    promises.rolls_back,
                    promises.waits,
                    promises.keeps_others_out,
                    promises.loses_nothing,
                ),
                opens=under_load.prepared,
                clues=PREPARE_CLUES,
                advice={
                    "wrong value": "Which kind of BEGIN takes the lock before anything is read, and is it sent for "
                    "every transaction? And busy_timeout counts milliseconds.",
                    "coroutine returned": "A plain `def` is right here: SQLAlchemy calls it without `await`.",
                },
            ),
            hints=(
                "The second one must wait before it has read anything, and long enough for the first to commit.",
                "In `set_up`: the PRAGMA whose value you saw above, in milliseconds. In `begin`: what the app sends "
                "for `with_for_update=True`.",
                'cursor.execute("PRAGMA busy_timeout = 5000")\nconnection.exec_driver_sql("BEGIN IMMEDIATE")',
            ),
        ),
        "remind": Exercise(
            FunctionJudge(
                (
                    promises.sends_and_marks,
                    promises.holds_nothing,
                    promises.keeps_changes,
                    promises.stays_open_on_failure,
                    promises.gives_back,
                ),
                opens=under_load.with_two_tasks,
                clues=REMIND_CLUES,
                advice={
                    "wrong value": "Three steps: read in one session, send in none, mark as done in another. "
                    "Look at the two lines above: which step is it?",
                    "connection kept": "Leave the `async with` block before you call `send`, and open another one after it.",
                },
            ),
            hints=(
                "A session belongs around database work only. What is read stays in memory when it is closed.",
                "End the first `async with` before `send`. Open a second session after it, and read the task again "
                "there: the first session's task is known to nobody any more.",
                "async with factory() as session:\n    task = await session.get_one(Task, id)\n"
                "await send(task.name)\n"
                "async with factory() as session:\n"
                "    task = await session.get_one(Task, id, with_for_update=True)\n    task.done = True\n"
                "    await session.commit()",
            ),
        ),
        "first_within": Exercise(
            FunctionJudge(
                (
                    promises.in_time,
                    promises.too_late,
                    promises.raises_errors,
                    promises.connection_is_back,
                    promises.stays_cancelled,
                    promises.nothing_held_after_cancelling,
                ),
                opens=under_load.with_slow_queries,
                clues=(CANCEL_AND_AWAIT,),
                advice={
                    "wrong value": "Which `except` gives None? It must let through every error but the one of the "
                    "deadline, and CancelledError, too.",
                    "connection kept": "Somebody still holds a session. What you start must be cancelled and awaited; "
                    "what you open must stand in `async with`.",
                },
            ),
            hints=(
                "A block with a deadline, in it a block with a session, and around both the question what to do when "
                "the time is up.",
                "`asyncio.timeout(seconds)` raises TimeoutError at the end of its block: so `except` stands outside "
                "of it. Name that error, and no other.",
                "try:\n    async with asyncio.timeout(seconds), factory() as session:\n"
                "        return await session.scalar(query)\nexcept TimeoutError:\n    return None",
            ),
        ),
    }
