"""Tests first: the store's tests become asynchronous, and able to fail."""

from todo_lib.course.migration.file_judge import FileJudge
from todo_lib.course.migration.project import APP, STORE_TESTS, after, files_after
from todo_lib.course.migration.workspace import workspace_judge
from todo_lib.lab.checks import KnownMistake, Scenario
from todo_lib.lab.exercise import Judge
from todo_lib.lab.testing.projects import CONFIG

STORE = f"{APP}/datastore.py"
MARK = "@pytest.mark.asyncio\n"
TOP, _, _ = files_after("tests_first")[STORE_TESTS].partition(MARK)
FORGOTTEN = f"""\
{TOP}{MARK}async def test_update_changes_the_task(store: DataStoreDb) -> None:
    id = (await store.add(a_task())).id
    store.update(id, a_task("changed"))
"""


def with_fixture(tests: str) -> str:
    """Return a whole test file: the imports, the fixture `store` and `a_task`, then these tests."""
    return f"{TOP}{tests}"


def green(promise: str, tests: int) -> Scenario:
    """Return a trial on the finished store."""
    return Scenario(promise, base=after("the_whole_store"), select=(STORE_TESTS,), tests=tests)


def notices(promise: str, old: str, new: str) -> Scenario:
    """Return a trial on a store that was broken: the tests must be red."""
    return Scenario(
        promise,
        base=after("the_whole_store"),
        green=False,
        mutations=((STORE, old, new),),
        select=(STORE_TESTS,),
    )


FORGETFUL = (
    "                setattr(entity, field, value)\n            await session.commit()",
    "                setattr(entity, field, value)\n            await session.flush()",
)
NOT_DELETED = (
    "delete(Task).where(Task.id == id))\n            await session.commit()",
    "delete(Task).where(Task.id == id))",
)
FOUND = "return TaskOutput.model_validate(entity) if entity else None"
ALL_GREEN = green("They are green on the finished asynchronous store.", 6)
GET = (
    notices("They are red if `get` finds nothing.", FOUND, "return None"),
    notices(
        "They are red if `get` finds another task.",
        FOUND,
        "return TaskOutput.model_validate(entity).model_copy(update={'id': -id, 'name': 'another'})",
    ),
)
ADDED = """\
session.add(entity)
            await session.commit()
            return TaskOutput.model_validate(entity)"""
ADD = notices(
    "They are red if `add` returns a task of another name.",
    ADDED,
    f"{ADDED}.model_copy(update={{'name': 'another'}})",
)
BROKEN = (
    notices(
        "They are red if `all` returns the newest task first.", "order_by(Task.id))", "order_by(-Task.id))"
    ),
    notices("They are red if `filter` does not leave out done tasks.", "not_(Task.done)", "True"),
    notices("They are red if `update` does not save.", *FORGETFUL),
    notices(
        "They are red if `update` does not refuse an unknown id.",
        "raise ValueError(f\"no task known with id '{id}'\")",
        "return TaskOutput(id=id, created_at='2028-02-29', **task.model_dump())",
    ),
    notices(
        "They are red if `update` refuses it with another error.", "raise ValueError(", "raise LookupError("
    ),
    notices("They are red if `delete` only says that it has deleted.", *NOT_DELETED),
    notices(
        "They are red if `get_statistics` mixes up done and open.",
        "total_done, total_open =",
        "total_open, total_done =",
    ),
)
UNAWAITED = "A test with a call that nobody awaits is red."
STAYS_GREEN = rf"{UNAWAITED}\nsaw: "  # what a verdict shows if it is not
CONFIGURED = Scenario(
    UNAWAITED,
    base=after("the_whole_store"),
    green=False,
    files={STORE_TESTS: FORGOTTEN},
    select=(STORE_TESTS,),
    words="was never awaited",
)
STILL_GREEN = Scenario(
    "Tests that await each call stay green.",
    base=after("the_whole_store"),
    files={STORE_TESTS: files_after("tests_first")[STORE_TESTS]},
    select=(STORE_TESTS,),
    tests=9,
)

JUDGES: dict[str, Judge] = {
    "first_test": FileJudge(
        STORE_TESTS,
        (green("They are green on the finished asynchronous store.", 1), *GET),
    ),
    "config": FileJudge(
        CONFIG,
        (CONFIGURED, STILL_GREEN),
        mistakes=(
            KnownMistake(
                "pytest reads only the table `[tool.pytest.ini_options]`. The line stands in another one.",
                code=r"(?m)^\[(?!tool\.pytest\.ini_options\]).*\]\n"
                r"(?:(?!\[).*\n)*?(filterwarnings|addopts)\b",
                facts=STAYS_GREEN,
            ),
            KnownMistake(
                "The option is right, the filter is too narrow. A RuntimeWarning of Python must become an "
                "error, and so must what pytest makes of it, a PytestUnraisableExceptionWarning. Name "
                "neither: every warning an error.",
                code=r"filterwarnings.*error|-W *error",
                facts=STAYS_GREEN,
            ),
            KnownMistake(
                "This is the option that decides what becomes of a warning. What must it become?",
                code=r"\bfilterwarnings\b|-W",
                facts=STAYS_GREEN,
            ),
            KnownMistake(
                "No option here makes an error of a warning. pytest skips an option that it does not know: "
                "is it spelt as in the documentation?",
                facts=STAYS_GREEN,
            ),
        ),
    ),
    "store_tests": FileJudge(STORE_TESTS, (ALL_GREEN, *BROKEN), whole=with_fixture),
    "workspace": workspace_judge(
        "tests_first",
        (STORE_TESTS, CONFIG),
        (
            green("The nine tests of the store are green on a finished store.", 9),
            ADD,
            *GET,
            *BROKEN,
            CONFIGURED,
        ),
        mistakes=(
            KnownMistake("Is the setting of *A suite that can fail* in `pyproject.toml`?", facts=STAYS_GREEN),
        ),
    ),
}
