"""Lesson 06, The whole store: port `all`, `delete`, `get_statistics` and `update`."""

from todo_lib.lab.exercise import Exercise, Part, Prediction, Recall
from todo_lib.lab.judge import StoreJudge, Trial
from todo_lib.lab.judge.store_clues import STORE_CLUES
from todo_lib.lab.probes import probe
from todo_lib.lab.project import APP, STORE_TESTS, files_after
from todo_lib.lab.workspace import workspace_exercise

AWAIT = {
    "not awaited": "Each call that talks to the database needs `await`. If `await` stands there already, it comes "
    "too late: put parentheses, `(await …).all()`, or use two lines.",
}
ALL_GREEN = Trial(
    "All nine tests of the store are green.",
    after="04",
    files={STORE_TESTS: files_after("03")[STORE_TESTS]},
    select=(STORE_TESTS,),
    tests=9,
)
PROBES = tuple(
    Trial(promise, after="04", files=probe("test_store.py"), select=(f"tests/test_store.py::{test}",))
    for promise, test in (
        ("Nine updates of one task at the same moment all succeed.", "test_nine_updates_at_the_same_moment"),
        ("`update` replaces the whole task, `done` too.", "test_update_replaces_what_is_left_out"),
    )
)
METHODS = ("add", "get", "all", "filter", "update", "delete", "get_statistics")


def parts() -> dict[str, Part]:
    """Return the lesson's questions and exercises, in order, fresh."""
    return {**_questions(), **_exercises()}


def _questions() -> dict[str, Part]:
    return {
        "recall_tables": Recall(
            question="The tables are to be created on an asynchronous connection. Which line does it?",
            options={
                "A": "`Base.metadata.create_all(connection)`",
                "B": "`await Base.metadata.create_all(connection)`",
                "C": "`await connection.run_sync(Base.metadata.create_all)`",
                "D": "`await connection.execute(Base.metadata.create_all)`",
            },
            right="C",
            why={
                "A": "`create_all` is synchronous code. It cannot use an asynchronous connection by itself.",
                "B": "An `await` in front does not make `create_all` asynchronous: it stays a plain function.",
                "C": "`run_sync` gives the synchronous function a connection it can use, and waits for it.",
                "D": "`execute` takes a statement. `create_all` is a function that sends many statements.",
            },
            look="lesson 04, Engine and session factory",
        ),
        "recall_coroutine": Recall(
            question="You read `'coroutine' object has no attribute 'name'`. What is wrong?",
            options={
                "A": "The table has no column `name`.",
                "B": "No task has this id.",
                "C": "The session is closed already.",
                "D": "An `await` is missing, in this line or further up.",
            },
            right="D",
            why={
                "A": "Then the message would name the class: `'Task' object has no attribute 'name'`.",
                "B": "Then `get` returns `None`: `'NoneType' object has no attribute 'name'`.",
                "C": "That is another error, and only for values that are not in memory.",
                "D": "The object is a coroutine: a call that nobody awaited, so there is no result yet.",
            },
            look="lesson 05, under *A call is not the work*",
        ),
        "loop_outside": Prediction(
            question="The result is read by a plain loop, after the session was closed. What happens?",
            options={
                "A": "An error: the session is closed, so no row can be fetched.",
                "B": "An error: rows come from the database, so the loop must be `async for`.",
                "C": "It prints the names: the line with `await` has fetched every row.",
                "D": "It prints the names: the loop opens the session again.",
            },
            right="C",
            why={
                "A": "Tempting, because a cursor of a database often fetches while you read. This result does "
                "not: it was filled before the session was closed.",
                "B": "Tempting, because waiting for rows must be awaited. But nothing waits here: the `await` in "
                "front of `scalars` has done all the waiting.",
                "C": "`AsyncSession` fetches all rows before `await` returns. The loop reads memory.",
                "D": "Tempting, because a synchronous session opens again when it is used. Here no session is "
                "asked: no connection was in use.",
            },
        ),
        "one_session": Prediction(
            question="Two calls at the same moment use one session. What do you see?",
            options={
                "A": "Both answers, always: the queries run at the same time.",
                "B": "Both answers, always: the second call waits for the first.",
                "C": "One answer and one error, always.",
                "D": "Sometimes an error, sometimes both answers: it depends on what happened before.",
            },
            right="D",
            why={
                "A": "Tempting, because `gather` starts both. But a session has one connection, and that does "
                "one thing at a time.",
                "B": "This is what happened the second time, with a connection in the pool. The first time the "
                "session was still waiting for one when the second call came.",
                "C": "This is what happened the first time. The second time a connection was ready, so the "
                "session got it without waiting.",
                "D": "With a cold pool, the session must wait for its connection, and refuses a second call "
                "meanwhile. With a warm pool, the calls stand in line and nothing is raised.",
            },
        ),
    }


def _exercises() -> dict[str, Part]:
    return {
        "all_and_delete": Exercise(
            StoreJudge(("all", "delete"), advice=AWAIT, clues=STORE_CLUES),
            hints=(
                "Ask of each line of the synchronous version: does it talk to the database, or does it read "
                "what is in memory already?",
                "In `all` one call talks to the database; the loop after it does not. In `delete` two calls do: "
                "the one that sends the statement, and the one that makes it last.",
                "entities = await session.scalars(select(Task).order_by(Task.id))\n"
                "result = await session.execute(delete(Task).where(Task.id == id))\n"
                "await session.commit()",
            ),
        ),
        "get_statistics": Exercise(
            StoreJudge(("get_statistics",), advice=AWAIT, clues=STORE_CLUES),
            hints=(
                "Building the query is no work for the database. Sending it is. Reading the one row that came back "
                "is not.",
                "Copy the synchronous version. Two lines change: where the session is opened, and where the query "
                "is sent.",
                "async with self.factory() as session:\n    result = await session.execute(query)\n"
                "    total_tasks, total_done, total_open = result.one()",
            ),
        ),
        "update": Exercise(
            StoreJudge(("update",), clues=STORE_CLUES),
            hints=(
                "The task is read, changed in memory, and written. Which of the three talk to the database?",
                "`get` and `commit` need `await`, `setattr` does not. Keep `with_for_update=True`: nine updates at "
                "the same moment must all succeed.",
                "entity = await session.get(Task, id, with_for_update=True)\n…\nawait session.commit()",
            ),
        ),
        "contract": Exercise(
            StoreJudge(METHODS, clues=STORE_CLUES),
            hints=(
                "The contract asks for more than one call alone: the methods agree, several at once, nothing "
                "left open, nothing that blocks.",
                "The first line of the verdict says which promise does not hold. Which method is it about? "
                "Run that method's own check again.",
                "Each method opens its own: `async with self.factory() as session:`",
            ),
        ),
        "workspace": workspace_exercise(
            "06", (f"{APP}/datastore.py",), (ALL_GREEN, *PROBES), clues=STORE_CLUES
        ),
    }
