"""Lesson 10, One session per task: `load_all` and `split_task`."""

from todo_lib.lab.exercise import Exercise, Part, Prediction, Recall
from todo_lib.lab.judge import FunctionJudge
from todo_lib.lab.judge.clue import Clue
from todo_lib.lab.lessons.behaviours_10 import LOAD, SPLIT, on_a_bench

LOAD_CLUES = (
    Clue(
        "Parentheses make a generator: it starts nothing until somebody reads it, and then the group has ended. "
        "Use square brackets.",
        code=r"= *\(\s*group\.create_task",
        facts="TaskGroup|never awaited",
    ),
    Clue(
        "This asyncio task has not ended. Start each with `group.create_task(…)`, and read the results after the "
        "group's block, not in it.",
        facts="raised: InvalidStateError",
    ),
    Clue(
        "`gather` does not cancel the others. Start each with `group.create_task(…)`.",
        code=r"gather\(",
        facts="still running when",
    ),
)
SPLIT_CLUES = (
    Clue(
        "The brackets are missing: `factory.begin()`.",
        code=r"factory\.begin(?!\()",
        facts="raised: TypeError",
    ),
    Clue(
        "Your `session` is not used: each call of `DataStoreDb` opens its own.",
        code=r" as session:[\s\S]*DataStoreDb\(",
        facts="names in the database",
    ),
    Clue(
        "Each call of `DataStoreDb` opens a session of its own, and commits. Open one for all steps.",
        code=r"DataStoreDb\(",
        facts="names in the database",
    ),
    Clue("For an unknown id let a `ValueError` leave the block.", facts="expected: ValueError raised"),
)


def parts() -> dict[str, Part]:
    """Return the lesson's questions and exercises, in order, fresh."""
    return {**_questions(), **_exercises()}


def _questions() -> dict[str, Part]:
    return {
        "recall_pool": Recall(
            question="Lesson 06: two asyncio tasks read with one session. Once there was an error, once there was none. "
            "What made the difference?",
            options={
                "A": "Which of the two queries was the slower one.",
                "B": "Whether the session still had to wait for a connection.",
                "C": "Whether the two queries read the same table.",
            },
            right="B",
            why={
                "A": "Both times the same two queries ran.",
                "B": "With a cold pool the session waits for its connection, and refuses a second call meanwhile. With "
                "a warm pool the calls stand in line.",
                "C": "Both read the table `tasks`, both times.",
            },
            look="lesson 06, under *Why each call opens its own session*",
        ),
        "recall_yield": Recall(
            question="Lesson 08: a dependency with `yield` commits behind its `yield`. By default, when does that happen?",
            options={
                "A": "Before the answer is sent.",
                "B": "After the answer has been sent.",
                "C": "When the application stops.",
            },
            right="B",
            why={
                "A": 'Only with `scope="function"`.',
                "B": 'So the client reads "saved" even if the commit then fails.',
                "C": "That is what stands behind the `yield` of the lifespan.",
            },
            look="lesson 08, under *Commit before you answer*",
        ),
        "unlucky": Prediction(
            question="Two asyncio tasks, one session: one adds the hall and later rolls back; meanwhile the other adds the "
            "call and commits. Which rows will be in the database?",
            options={
                "A": 'Only "call Zoë": the hall was rolled back.',
                "B": "Both.",
                "C": "Neither: the rollback undoes everything that this session did.",
                "D": "It never gets that far: there will be an error, as before.",
            },
            right="B",
            why={
                "A": "Tempting, because each function by itself is right. But nobody told the session which row belongs "
                "to whom.",
                "B": "The commit saved everything the session held: the hall, too. Then the rollback found nothing "
                "to undo.",
                "C": "Tempting, because a rollback undoes the whole transaction. But a commit ended that one, and a "
                "commit is not undone.",
                "D": "Tempting after the cell above. There, two calls were under way at the same moment. Here they "
                "never are, so SQLAlchemy has nothing to complain about.",
            },
        ),
        "gather_fails": Prediction(
            question="`gather` reads three tasks and has just raised the error of one of them. What do the other two do?",
            options={
                "A": "They have been cancelled.",
                "B": "They are still running, each with its session.",
                "C": "They have finished: `gather` waits for all before it raises.",
            },
            right="B",
            why={
                "A": "That is what a `TaskGroup` does.",
                "B": "`gather` raises the first error at once and leaves the others alone. Nobody waits for them any "
                "more, and they keep their connections.",
                "C": "Tempting, because without an error it does wait for all. With `return_exceptions=True` it "
                "would wait here, too.",
            },
        ),
    }


def _exercises() -> dict[str, Part]:
    return {
        "load": Exercise(
            FunctionJudge(
                LOAD,
                clues=LOAD_CLUES,
                opens=on_a_bench,
                advice={
                    "session shared": "Open the session in `load_one`, with `async with factory() as session`: it runs once "
                    "for each id.",
                },
            ),
            hints=(
                "A session belongs to one asyncio task. So it is opened in the function that becomes the asyncio task.",
                "`load_one` opens a session and returns what `load` gives. The group makes an asyncio task of each "
                "`load_one(id)`. After its block they have all ended: ask each for its `result()`.",
                "async with factory() as session:\n    return await load(session, id)\n…\n"
                "tasks = [group.create_task(load_one(id)) for id in ids]\n…\n"
                "return [task.result() for task in tasks]",
            ),
        ),
        "split": Exercise(
            FunctionJudge(
                SPLIT,
                clues=SPLIT_CLUES,
                opens=on_a_bench,
                advice={
                    "wrong value": "Compare the two lines above. One session for all steps, one commit after the last of "
                    "them; and an error must leave the block, so that nothing is committed.",
                },
            ),
            hints=(
                "Who commits decides about all that was done in the session until then. So: one session, and one commit "
                "when nothing can fail any more.",
                "In one `async with factory.begin() as session`: add the parts, execute the delete, look at its `rowcount`. "
                "An error that leaves the block undoes everything.",
                "async with factory.begin() as session:\n"
                "    session.add_all(Task(**part.model_dump()) for part in parts)\n"
                "    result = await session.execute(delete(Task).where(Task.id == id))\n"
                "    if result.rowcount == 0:\n        raise ValueError(…)",
            ),
        ),
    }
