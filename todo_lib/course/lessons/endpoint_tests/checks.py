"""Endpoint tests: `AsyncClient`, a database for each test, red for the right reason."""

from dataclasses import replace

from todo_lib.course.migration.file_judge import FileJudge
from todo_lib.course.migration.probes import probe, tests_in
from todo_lib.course.migration.project import APP, ENDPOINT_TESTS, after, files_after
from todo_lib.course.migration.workspace import workspace_judge
from todo_lib.lab.checks import KnownMistake, Scenario
from todo_lib.lab.checks.scenario import Mutation
from todo_lib.lab.exercise import Judge

ROUTER, MAIN = f"{APP}/routers/todo.py", f"{APP}/main.py"
FIRST_RED = (ENDPOINT_TESTS, "-x")  # pytest stops at the first test that fails: one is enough
ASK_AGAIN = "Ask again with `client.get(…)`, and compare what comes back."
FIRST_TEST = "\n\n@pytest.mark.asyncio\n"
UPPER, _, TESTS = files_after("endpoint_tests")[ENDPOINT_TESTS].partition(FIRST_TEST)


def with_the_tests(upper: str) -> str:
    """Return the whole file of the learner's upper part: the course's tests follow."""
    return f"{upper}{FIRST_TEST}{TESTS}"


def with_the_client(tests: str) -> str:
    """Return the whole file of the learner's tests: the course's upper part comes first."""
    return f"{UPPER}\n\n{tests}"


def green(promise: str, tests: int) -> Scenario:
    """Return a trial on the finished app."""
    return Scenario(promise, base=after("dependencies_and_endpoints"), select=(ENDPOINT_TESTS,), tests=tests)


def red_now(promise: str, words: str) -> Scenario:
    """Return a trial on the app as it stands: the endpoints do not await the store."""
    return Scenario(promise, base=after("endpoint_tests"), green=False, select=FIRST_RED, words=words)


def noticed(
    promise: str, old: str, new: str, advice: str = "", path: str = ROUTER, also: tuple[Mutation, ...] = ()
) -> Scenario:
    """Return a trial on an app whose endpoints are broken, and what to say if no test notices."""
    mistakes = (KnownMistake(advice, facts="^saw: .* passed"),) if advice else ()
    return Scenario(
        promise,
        base=after("dependencies_and_endpoints"),
        green=False,
        mutations=((path, old, new), *also),
        select=FIRST_RED,
        mistakes=mistakes,
    )


def only(test: str, trial: Scenario) -> Scenario:
    """Return a trial with one of the course's tests instead of all: it is enough, and quicker."""
    return replace(trial, select=(f"{ENDPOINT_TESTS}::{test}", *trial.select[1:]))


GREEN = green("On the finished app the eight endpoint tests are green.", tests=8)
NOTHING_LEFT = Scenario(
    "When a test is over, the override is taken back, and no connection is left.",
    base=after("dependencies_and_endpoints"),
    files=probe("test_afterwards.py"),
    select=(ENDPOINT_TESTS, *tests_in("test_afterwards.py")),
    tests=3,
)
RED_NOW = red_now(
    "On the endpoints as they are now the tests are red: a coroutine was not awaited.", "coroutine"
)
UPDATE = noticed(
    "They turn red if an update answers well and saves nothing.",
    "return await db.update(id, task)",
    "return TaskOutput(id=id, created_at='2028-02-29', **task.model_dump())",
    "The answer to the update is what the app says of itself. " + ASK_AGAIN,
)
DELETE = noticed(
    "They turn red if a delete answers well and deletes nothing.",
    "if not await db.delete(id):",
    "if not await db.get(id):",
    "The answer to the delete is what the app says of itself. " + ASK_AGAIN,
)
STATUS = noticed(
    "They turn red if a delete answers 200 instead of 204.",
    "status_code=status.HTTP_204_NO_CONTENT",
    "status_code=status.HTTP_200_OK",
)
FILTER = noticed(
    "They turn red if `include_done=false` is ignored.",
    "return await db.filter(wanted)",
    "return await db.all()",
)
LOCATION = noticed(
    "They turn red if the answer to a new task has no `Location` header.",
    'response.headers["Location"] = str(request.url_for("show_task", id=result.id))',
    "pass",
)
NAME = noticed(
    "They turn red if the answer to a new task holds another name.",
    "id=result.id))\n    return result",
    "id=result.id))\n    return result.model_copy(update={'name': 'another task'})",
)
CREATED = noticed(
    "They turn red if a new task is answered with 200 instead of 201.",
    "status_code=status.HTTP_201_CREATED",
    "status_code=status.HTTP_200_OK",
)
# `prepare_task`, which the check puts in front, would notice for every test.
CREATED_IN_THE_CELL = replace(
    CREATED,
    mutations=(
        *CREATED.mutations,
        (ENDPOINT_TESTS, "    assert response.status_code == 201\n    return", "    return"),
    ),
)
# Not for an id that was deleted: the test of that would notice.
UNKNOWN = noticed(
    "They turn red if an unknown id is answered with 400 instead of 404.",
    "    if result is None:",
    "    if result is None and id not in vars(db.factory).get('created', ()):\n"
    "        raise HTTPException(status.HTTP_400_BAD_REQUEST, 'Task not found')\n"
    "    if result is None:",
    also=(
        (
            ROUTER,
            "    response.headers",
            "    vars(db.factory).setdefault('created', set()).add(result.id)\n    response.headers",
        ),
    ),
)
UPDATED = noticed(
    "They turn red if an update is answered with 202 instead of 200.",
    '@router.put("/{id}", ',
    '@router.put("/{id}", status_code=status.HTTP_202_ACCEPTED, ',
)
SHOWN = noticed(
    "They turn red if a task is shown under another name.",
    "    return result\n\n\n@router.put",
    "    return result.model_copy(update={'name': 'another task'})\n\n\n@router.put",
)
MAIN_PAGE = noticed(
    "They turn red if the main page is empty.", '"message": "The minimalistic ToDo API"', "", path=MAIN
)
DASHBOARD = noticed(
    "They turn red if the dashboard counts no task.",
    '{"stats": await db.get_statistics()}',
    '{"stats": dict.fromkeys(("total_tasks", "total_done", "total_open"), 0)}',
    path=MAIN,
)
BROKEN = (UPDATE, UPDATED, DELETE, STATUS, FILTER, LOCATION, NAME, UNKNOWN)

JUDGES: dict[str, Judge] = {
    "client": FileJudge(
        ENDPOINT_TESTS,
        (
            GREEN,
            only("test_create_task", NOTHING_LEFT),
            only("test_create_task", RED_NOW),
            only("test_delete_task", DELETE),
        ),
        whole=with_the_tests,
    ),
    "endpoint_tests": FileJudge(
        ENDPOINT_TESTS,
        (
            green("On the finished app the five tests are green.", tests=5),
            red_now(
                "On the endpoints as they are now they are red: 'coroutine' object has no attribute …",
                "'coroutine' object",
            ),
            *BROKEN,
            CREATED_IN_THE_CELL,
        ),
        whole=with_the_client,
    ),
    "workspace": workspace_judge(
        "endpoint_tests",
        [ENDPOINT_TESTS],
        (GREEN, NOTHING_LEFT, RED_NOW, *BROKEN, CREATED, SHOWN, MAIN_PAGE, DASHBOARD),
    ),
}
