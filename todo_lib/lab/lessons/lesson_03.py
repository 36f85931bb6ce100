"""Lesson 03, Tests first: the store's tests become asynchronous, and able to fail."""

from todo_lib.lab.exercise import Exercise, Part, Prediction, Recall
from todo_lib.lab.judge import Clue, FileJudge, Trial
from todo_lib.lab.project import APP, CONFIG, STORE_TESTS, files_after
from todo_lib.lab.workspace import workspace_exercise

STORE = f"{APP}/datastore.py"
MARK = "@pytest.mark.asyncio\n"
TOP, _, _ = files_after("03")[STORE_TESTS].partition(MARK)
FORGOTTEN = f"""\
{TOP}{MARK}async def test_update_changes_the_task(store: DataStoreDb) -> None:
    id = (await store.add(a_task())).id
    store.update(id, a_task("changed"))
"""


def with_fixture(tests: str) -> str:
    """Return a whole test file: the imports, the fixture `store` and `a_task`, then these tests."""
    return f"{TOP}{tests}"


def green(promise: str, tests: int) -> Trial:
    """Return a trial on the finished store."""
    return Trial(promise, after="06", select=(STORE_TESTS,), tests=tests)


def notices(promise: str, old: str, new: str) -> Trial:
    """Return a trial on a store that was broken: the tests must be red."""
    return Trial(promise, after="06", green=False, broken=(STORE, old, new), select=(STORE_TESTS,))


FORGETFUL = (
    "                setattr(entity, field, value)\n            await session.commit()",
    "                setattr(entity, field, value)\n            await session.flush()",
)
NOT_DELETED = (
    "delete(Task).where(Task.id == id))\n            await session.commit()",
    "delete(Task).where(Task.id == id))",
)
ALL_GREEN = green("They are green on the finished asynchronous store.", 6)
BROKEN = (
    notices(
        "They are red if `all` returns the newest task first.", "order_by(Task.id))", "order_by(-Task.id))"
    ),
    notices("They are red if `filter` does not leave out done tasks.", "not_(Task.done)", "True"),
    notices("They are red if `update` does not save.", *FORGETFUL),
    notices("They are red if `delete` only says that it has deleted.", *NOT_DELETED),
    notices(
        "They are red if `get_statistics` mixes up done and open.",
        "total_done, total_open =",
        "total_open, total_done =",
    ),
)
UNAWAITED = "A test with a call that nobody awaits is red."
STAYS_GREEN = rf"{UNAWAITED}\nsaw: "  # what a verdict shows if it is not
CONFIGURED = Trial(
    UNAWAITED,
    after="06",
    green=False,
    files={STORE_TESTS: FORGOTTEN},
    select=(STORE_TESTS,),
    words="was never awaited",
)
STILL_GREEN = Trial(
    "Tests that await each call stay green.",
    after="06",
    files={STORE_TESTS: files_after("03")[STORE_TESTS]},
    select=(STORE_TESTS,),
    tests=9,
)


def parts() -> dict[str, Part]:
    """Return the lesson's questions and exercises, in order, fresh."""
    return {**_questions(), **_exercises()}


def _questions() -> dict[str, Part]:
    return {
        "recall_select": Recall(
            question="`select(Task)` stands in a line. When does the database hear of it?",
            options={
                "A": "At once: `select` sends the query.",
                "B": "When a session executes the statement.",
                "C": "When the session is closed.",
            },
            right="B",
            why={
                "A": "`select` only builds a statement. It knows no session.",
                "B": "A statement is a description. A session sends it, for instance by `session.scalars`.",
                "C": "Closing gives the connection back. It sends no query.",
            },
            look="lesson 01, The synchronous app",
        ),
        "recall_waiting": Recall(
            question="An `async def` endpoint calls a synchronous store that needs a second. Who waits?",
            options={
                "A": "Only the caller of this endpoint.",
                "B": "Every request: the event loop stands still.",
                "C": "Nobody: FastAPI moves the call to a thread.",
            },
            right="B",
            why={
                "A": "That would be so in a thread of its own. An `async def` endpoint runs in the event loop.",
                "B": "All of them share one loop, and it cannot go on before the call returns.",
                "C": "FastAPI does that for `def` endpoints, not for `async def`.",
            },
            look="lesson 02, Do we need async?",
        ),
        "forgotten": Prediction(
            question="Both tests lack an `await`. What will pytest say?",
            options={
                "A": "Both are red: a test without `await` cannot pass.",
                "B": "The first is red, because the assertion compares nothing; the second is green.",
                "C": "Both are green.",
            },
            right="C",
            why={
                "A": "Tempting, because the store did nothing. But no line raises an error, and no assertion is false.",
                "B": "The assertion does compare something: it asks whether a coroutine is true. Every object is, "
                "unless its class says otherwise.",
                "C": "No error and no false assertion: that is all a test needs to be green.",
            },
        ),
    }


def _exercises() -> dict[str, Part]:
    return {
        "first_test": Exercise(
            FileJudge(
                STORE_TESTS,
                (
                    green("They are green on the finished asynchronous store.", 1),
                    notices(
                        "They are red if `get` finds nothing.",
                        "return TaskOutput.model_validate(entity) if entity else None",
                        "return None",
                    ),
                ),
            ),
            hints=(
                "Four steps: `async def`, the mark, `await`, and for the fixture its own decorator.",
                "The blanks above a function are a decorator: one marks a test, the other a fixture. "
                "The blanks in front of a call are all the same word.",
                "@pytest_asyncio.fixture\n…\nawait create_tables(factory)\n…\n@pytest.mark.asyncio\n…\n"
                "id = (await store.add(…)).id",
            ),
        ),
        "config": Exercise(
            FileJudge(
                CONFIG,
                (CONFIGURED, STILL_GREEN),
                clues=(
                    Clue(
                        "The option is right, the filter is too narrow. A RuntimeWarning of Python must become an error, "
                        "and so must what pytest makes of it, a PytestUnraisableExceptionWarning. Name neither: every "
                        "warning an error.",
                        code=r"filterwarnings.*error|-W *error",
                        facts=STAYS_GREEN,
                    ),
                    Clue(
                        "This is the option that decides what becomes of a warning. What must it become?",
                        code=r"\bfilterwarnings\b|-W",
                        facts=STAYS_GREEN,
                    ),
                    Clue(
                        "No option here makes an error of a warning. pytest skips an option that it does not know: is it "
                        "spelt as in the documentation?",
                        facts=STAYS_GREEN,
                    ),
                ),
            ),
            hints=(
                "Python does say that a coroutine was never awaited: as a warning. What turns warnings into errors?",
                "pytest's option is called `filterwarnings`. It is a list of strings.",
                'filterwarnings = ["error"]',
            ),
        ),
        "store_tests": Exercise(
            FileJudge(STORE_TESTS, (ALL_GREEN, *BROKEN), whole=with_fixture),
            hints=(
                "The four steps again. The fixture is there already, so three are left: `async def`, the mark, `await`.",
                "Each call of a store's method needs `await`. Where something is done with the result at once, "
                "put parentheses around: `(await …).id`. In `pytest.raises`, the `await` stands inside the block.",
                "@pytest.mark.asyncio\nasync def test_update_refuses_an_unknown_id(store):\n"
                "    with pytest.raises(ValueError):\n        await store.update(-1, a_task())",
            ),
        ),
        "workspace": workspace_exercise(
            "03",
            (STORE_TESTS, CONFIG),
            (green("The nine tests of the store are green on a finished store.", 9), *BROKEN, CONFIGURED),
            clues=(
                Clue("Is the setting of *A suite that can fail* in `pyproject.toml`?", facts=STAYS_GREEN),
            ),
        ),
    }
