"""Lesson 07, Endpoint tests: `AsyncClient`, a database for each test, red for the right reason."""

from dataclasses import replace

from todo_lib.lab.exercise import Exercise, Part, Prediction, Recall
from todo_lib.lab.judge import Clue, FileJudge, Trial
from todo_lib.lab.probes import probe
from todo_lib.lab.project import APP, ENDPOINT_TESTS, files_after
from todo_lib.lab.workspace import workspace_exercise

ROUTER = f"{APP}/routers/todo.py"
FIRST_RED = (ENDPOINT_TESTS, "-x")  # pytest stops at the first test that fails: one is enough
ASK_AGAIN = "Ask again with `client.get(…)`, and compare what comes back."
FIRST_TEST = "\n\n@pytest.mark.asyncio\n"
UPPER, _, TESTS = files_after("07")[ENDPOINT_TESTS].partition(FIRST_TEST)


def with_the_tests(upper: str) -> str:
    """Return the whole file of the learner's upper part: the course's tests follow."""
    return f"{upper}{FIRST_TEST}{TESTS}"


def with_the_client(tests: str) -> str:
    """Return the whole file of the learner's tests: the course's upper part comes first."""
    return f"{UPPER}\n\n{tests}"


def green(promise: str, tests: int) -> Trial:
    """Return a trial on the finished app."""
    return Trial(promise, after="08", select=(ENDPOINT_TESTS,), tests=tests)


def red_now(promise: str, words: str) -> Trial:
    """Return a trial on the app as it stands: the endpoints do not await the store."""
    return Trial(promise, after="07", green=False, select=FIRST_RED, words=words)


def noticed(promise: str, old: str, new: str, advice: str = "") -> Trial:
    """Return a trial on an app whose endpoints are broken, and what to say if no test notices."""
    clues = (Clue(advice, facts="^saw: .* passed"),) if advice else ()
    return Trial(promise, after="08", green=False, broken=(ROUTER, old, new), select=FIRST_RED, clues=clues)


def only(test: str, trial: Trial) -> Trial:
    """Return a trial with one of the course's tests instead of all: it is enough, and quicker."""
    return replace(trial, select=(f"{ENDPOINT_TESTS}::{test}", *trial.select[1:]))


GREEN = green("On the finished app the eight endpoint tests are green.", tests=8)
NOTHING_LEFT = Trial(
    "When a test is over, the override is taken back, and no connection is left.",
    after="08",
    files=probe("test_afterwards.py"),
    select=(ENDPOINT_TESTS, "tests/test_afterwards.py"),
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


def parts() -> dict[str, Part]:
    """Return the lesson's questions and exercises, in order, fresh."""
    return {
        "recall_fixture": Recall(
            question="pytest-asyncio runs in strict mode. Which decorator does an `async def` fixture need?",
            options={
                "A": "`@pytest.fixture`",
                "B": "`@pytest_asyncio.fixture`",
                "C": "`@pytest.mark.asyncio`",
            },
            right="B",
            why={
                "A": 'pytest itself awaits nothing: the test would stop with "requested an async fixture".',
                "B": "In strict mode the plugin runs only fixtures that carry its own decorator.",
                "C": "That mark is for tests. On a fixture pytest refuses it.",
            },
            look="lesson 03, Tests first",
        ),
        "recall_shared": Recall(
            question="Two calls of the asynchronous store run at the same time. What do they share?",
            options={
                "A": "The session.",
                "B": "The factory, and behind it the engine.",
                "C": "Nothing: each call makes an engine of its own.",
            },
            right="B",
            why={
                "A": "One session cannot serve two calls at once, so each call opens its own.",
                "B": "Each call asks the shared factory for a session of its own, and closes it. So a store needs "
                "only the factory.",
                "C": "An engine holds a pool of connections. It is made once and shared.",
            },
            look="lesson 06, The whole store",
        ),
        "no_lifespan": Prediction(
            question="A request through ASGITransport, and nobody ran the lifespan. What happens?",
            options={
                "A": "200 and an empty list: entering the client starts the app.",
                "B": "A response with status 500: errors of the app become an answer.",
                "C": "An exception from inside the app: nobody has started it.",
                "D": "A connection error: no server is running.",
            },
            right="C",
            why={
                "A": "Tempting, because `with TestClient(app)` does run the lifespan. `AsyncClient` does not.",
                "B": "A server would answer so. `ASGITransport` lets the app's error through, so that a test "
                "shows the line that failed.",
                "C": "It is an `AttributeError`: `get_db` looked in `app.state` for the factory, and the lifespan had not put it there.",
                "D": "None is needed: the transport calls the app as a function.",
            },
        ),
        "two_loops": Prediction(
            question="A queue is made when the file is imported, and two tests wait for it. What will pytest say?",
            options={
                "A": "Both runs are green: a queue is an ordinary object.",
                "B": "The first run is green, the second red.",
                "C": "Both are red: when the file is imported, no loop is running.",
                "D": "The second run hangs.",
            },
            right="B",
            why={
                "A": "Tempting, because it looks like a list. But whoever waits for it is woken by a loop, and the "
                "queue remembers which.",
                "B": "The queue binds itself to the loop of whoever waits first. The second test has another.",
                "C": "So it was up to Python 3.9, where a queue bound itself when it was made. Now it does so when "
                "somebody waits for the first time.",
                "D": "It could, if asyncio did not look. It does look, and raises a `RuntimeError`.",
            },
        ),
        "client": Exercise(
            FileJudge(
                ENDPOINT_TESTS,
                (
                    GREEN,
                    only("test_create_task", NOTHING_LEFT),
                    only("test_create_task", RED_NOW),
                    only("test_delete_task", DELETE),
                ),
                whole=with_the_tests,
            ),
            hints=(
                "Go through the synchronous fixture and ask of each line: does it talk to the database, or to the app?",
                "Before the `yield`: `create_tables` needs `await`, and the store takes the factory. "
                "Behind it, two lines: take the override back, close the connections. In `prepare_task` the request "
                "needs `await`.",
                "@pytest_asyncio.fixture\n…\nasync with AsyncClient(transport=ASGITransport(app), …) as client:\n"
                "    yield client\napp.dependency_overrides.clear()\nawait dispose(factory)",
            ),
        ),
        "endpoint_tests": Exercise(
            FileJudge(
                ENDPOINT_TESTS,
                (
                    green("On the finished app the five tests are green.", tests=5),
                    red_now(
                        "On the endpoints as they are now they are red: 'coroutine' object has no attribute …",
                        "'coroutine' object",
                    ),
                    UPDATE,
                    DELETE,
                    STATUS,
                    FILTER,
                    LOCATION,
                ),
                whole=with_the_client,
            ),
            hints=(
                "A test becomes asynchronous in three places: its mark, its `def`, and each call that sends a request.",
                "`prepare_task` sends a request too. The two incomplete tests need a second request, "
                "`client.get(…)`, and an `assert` on its answer.",
                "@pytest.mark.asyncio\nasync def test_delete_task(client):\n    …\n"
                '    check = await client.get(f"/api/todo/{id}")\n    assert check.status_code == 404',
            ),
        ),
        "workspace": workspace_exercise(
            "07", [ENDPOINT_TESTS], (GREEN, NOTHING_LEFT, RED_NOW, UPDATE, DELETE)
        ),
    }
