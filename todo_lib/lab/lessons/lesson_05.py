"""Lesson 05, First awaits: port `get` and `add`."""

from todo_lib.lab.exercise import Exercise, Part, Prediction, Recall
from todo_lib.lab.judge import StoreJudge, Trial
from todo_lib.lab.judge.store_clues import STORE_CLUES
from todo_lib.lab.project import APP, STORE_TESTS, files_after
from todo_lib.lab.workspace import workspace_exercise

THREE = tuple(
    f"{STORE_TESTS}::{test}"
    for test in (
        "test_add_returns_the_saved_task",
        "test_get_returns_the_task",
        "test_get_returns_none_for_an_unknown_id",
    )
)
PORTED = Trial(
    "The store's three tests of `add` and `get` are green.",
    after="04",
    files={STORE_TESTS: files_after("03")[STORE_TESTS]},
    select=THREE,
    tests=3,
)


def parts() -> dict[str, Part]:
    """Return the lesson's questions and exercises, in order, fresh."""
    return {
        "recall_test": Recall(
            question="A store's `get` has become `async def`. What must change in the plain test that calls it?",
            options={
                "A": "Nothing: pytest waits for the result.",
                "B": "Only the call: it gets `await`.",
                "C": "`async def`, and `await` in front of the call.",
                "D": "`async def`, `await` in front of the call, and a marker such as `@pytest.mark.asyncio`.",
            },
            right="D",
            why={
                "A": "Nobody waits unasked: the test would compare a coroutine with a task.",
                "B": "`await` is allowed only inside `async def`: in a plain function it is a syntax error.",
                "C": "Nearly. Now the test is a coroutine function, and pytest itself runs no coroutines.",
                "D": "The marker asks the plugin pytest-asyncio to run the test in an event loop. The fixture that "
                "makes the store changes in the same way.",
            },
            look="lesson 03, Tests first",
        ),
        "recall_factory": Recall(
            question="After `await session.commit()` a store reads `entity.id`. Which setting makes that work?",
            options={
                "A": "`+aiosqlite` in the database's address.",
                "B": "`expire_on_commit=False` in the session factory.",
                "C": "`run_sync` around the read.",
                "D": "None: an attribute can always be read.",
            },
            right="B",
            why={
                "A": "That chooses the asynchronous driver. It says nothing about what a session forgets.",
                "B": "By default a commit makes the session forget all values. The next read would be a query "
                "without `await`; with this setting the values stay.",
                "C": "`run_sync` runs synchronous code, such as `create_all`, on an asynchronous connection. It is "
                "a method, not a setting.",
                "D": "By default it cannot: a commit makes the session forget the values, and reading one would "
                "be a query without `await`.",
            },
            look="lesson 04, Engine and session factory",
        ),
        "lost_commit": Prediction(
            question="session.commit() stands there without await. What happens?",
            options={
                "A": "Python raises an error at that line.",
                "B": "No error, and the task is not saved.",
                "C": "No error, and the task is saved a moment later.",
                "D": "No error, and the task is saved: the block commits when it ends.",
            },
            right="B",
            why={
                "A": "Tempting, because forgetting something usually fails. But a call without `await` is "
                "correct Python: it makes a coroutine and throws it away.",
                "B": "The coroutine never ran, so nothing was committed, and closing the session undid the rest.",
                "C": "Tempting if you know JavaScript, where a call starts the work. In Python a coroutine "
                "starts when it is awaited or made into a task, not before.",
                "D": "Tempting, because `factory.begin()` does commit at the end of its block. "
                "`factory()` only closes the session, and what is not committed is gone.",
            },
        ),
        "get": Exercise(
            StoreJudge(("get",), clues=STORE_CLUES),
            hints=(
                "Each call gets a session of its own, and the session must be closed when the call is over. "
                "Which block does that for an asynchronous session?",
                "Two places are open: what is opened in the `async with` line, and the call that reads the row.\n"
                "Only one of them talks to the database, and that one needs `await`.",
                "async with self.factory() as session:\n    entity = await session.get(Task, id)",
            ),
        ),
        "add": Exercise(
            StoreJudge(("add",), clues=STORE_CLUES),
            hints=(
                "Read the synchronous `add` line by line and ask of each: does it talk to the database, "
                "or does it only prepare something in memory?",
                "The session needs `async with`, as in `get`. `session.add()` only puts the task on a list; "
                "the call after it does the writing.",
                "async with self.factory() as session:\n    entity = Task(**task.model_dump())\n"
                "    session.add(entity)\n    await session.commit()\n    return …",
            ),
        ),
        "contract": Exercise(
            StoreJudge(("add", "get"), clues=STORE_CLUES),
            hints=(
                "The contract asks for more than one call alone: several at once, and nothing left open.",
                "If only the last sentences fail, look at where the session is opened and who closes it.",
                "Each method opens its own: `async with self.factory() as session:`",
            ),
        ),
        "workspace": workspace_exercise("05", (f"{APP}/datastore.py",), (PORTED,), clues=STORE_CLUES),
    }
