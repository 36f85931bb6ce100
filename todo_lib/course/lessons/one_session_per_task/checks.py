"""One session per task: `load_all` and `split_task`."""

from todo_lib.course.lessons.one_session_per_task.behaviours import LOAD, SPLIT, with_harness
from todo_lib.lab.checks import FunctionJudge
from todo_lib.lab.checks.advice import KnownMistake
from todo_lib.lab.exercise import Judge

LOAD_MISTAKES = (
    KnownMistake(
        "Parentheses make a generator: it starts nothing until somebody reads it, and then the group has "
        "ended. Use square brackets.",
        code=r"= *\(\s*group\.create_task",
        facts="TaskGroup|never awaited",
    ),
    KnownMistake(
        "This asyncio task has not ended. Start each with `group.create_task(…)`, and read the results after "
        "the group's block, not in it.",
        facts="raised: InvalidStateError",
    ),
    KnownMistake(
        "`gather` does not cancel the others. Start each with `group.create_task(…)`.",
        code=r"gather\(",
        facts="still running when",
    ),
)
SPLIT_MISTAKES = (
    KnownMistake(
        "The brackets are missing: `factory.begin()`.",
        code=r"factory\.begin(?!\()",
        facts="raised: TypeError",
    ),
    KnownMistake(
        "Your `session` is not used: each call of `DataStoreDb` opens its own.",
        code=r" as session:[\s\S]*DataStoreDb\(",
        facts="names in the database",
    ),
    KnownMistake(
        "Each call of `DataStoreDb` opens a session of its own, and commits. Open one for all steps.",
        code=r"DataStoreDb\(",
        facts="names in the database",
    ),
    KnownMistake(
        "For an unknown id let a `ValueError` leave the block.", facts="expected: ValueError raised"
    ),
)

JUDGES: dict[str, Judge] = {
    "load": FunctionJudge(
        LOAD,
        mistakes=LOAD_MISTAKES,
        opens=with_harness,
        advice={
            "session shared": "Open the session in `load_one`, with `async with factory() as session`: it "
            "runs once for each id.",
        },
    ),
    "split": FunctionJudge(
        SPLIT,
        mistakes=SPLIT_MISTAKES,
        opens=with_harness,
        advice={
            "wrong value": "Compare the two lines above. One session for all steps, one commit after the "
            "last of them; and an error must leave the block, so that nothing is committed.",
        },
    ),
}
