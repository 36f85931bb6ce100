"""Lesson 08, Dependencies and endpoints: `get_db`, the routers, the lifespan; everything turns green."""

from todo_lib.lab.exercise import Exercise, Part, Prediction, Recall
from todo_lib.lab.judge import Clue, FileJudge, Trial
from todo_lib.lab.probes import probe
from todo_lib.lab.project import APP, ENDPOINT_TESTS, files_after
from todo_lib.lab.workspace import workspace_exercise

DEPENDENCIES, ROUTER, MAIN = f"{APP}/dependencies.py", f"{APP}/routers/todo.py", f"{APP}/main.py"
APPLICATION_TESTS = "tests/test_application.py"

ENDPOINTS = Trial(
    "The eight endpoint tests are green.",
    after="08",
    select=(ENDPOINT_TESTS,),
    tests=8,
)


def application(promise: str, *tests: str, clues: tuple[Clue, ...] = ()) -> Trial:
    """Return a trial on the application with its lifespan; `tests` are names in `probes/test_application.py`."""
    return Trial(
        promise,
        after="08",
        files=probe("test_application.py"),
        select=tuple(f"{APPLICATION_TESTS}::{test}" for test in tests),
        tests=len(tests),
        clues=(*clues, *STATE),
    )


# Whoever misses the factory in `app.state`: `get_db` looks at the wrong place, or the lifespan has put nothing there.
STATE = (
    Clue(
        "It is gone already when `dispose` needs it: `del` comes last, or `dispose(factory)`.",
        facts=r"line: `.*dispose\(app\.state\b.*`\nreason: .*'State' object",
    ),
    Clue(
        "The factory is at `request.app.state.session_factory`.",
        facts=r"line: `.*\b(request\.state|state\.(?!session_factory\b)).*`\nreason: .*'State' object has no attribute",
    ),
    Clue(
        "The lifespan ran: it must put the factory there, `app.state.session_factory = factory`.",
        code=r"(?s)\A(?=.*async def lifespan)(?!.*app\.state\.session_factory = )",
        facts=r"'State' object has no attribute",
    ),
    Clue(
        "Does the application know its lifespan? `FastAPI(…, lifespan=lifespan)`.",
        code=r"(?s)\A(?=.*async def lifespan)(?!.*lifespan=lifespan)",
        facts=r"'State' object has no attribute",
    ),
    Clue(
        "The start failed before `app.state` had it. Put it there in front of `try:`.",
        facts=r"line: `del app\.state\.session_factory`\nreason: (KeyError|AttributeError)",
    ),
)
OWN_ENGINE = Clue(
    "`get_db` makes an engine of its own. Take the application's: `request.app.state.session_factory`.",
    code="create_async_(session_factory|engine)",
    facts="^reason: .*(no such table|engines used)",
)
CLOSES = Clue("`await dispose(factory)` behind the `yield` closes them.", facts="connections left open")
ONE_ENGINE = application("All requests share the application's one engine.", "test_requests_share_one_engine")
NAMED = application(
    "The database is the one that `TODO_DATABASE_URL` names.",
    "test_the_environment_names_the_database",
    clues=(
        Clue("Make the factory for `url`, which comes from the environment.", facts="opened another one"),
    ),
)
IN_THE_LOOP = application(
    "The five endpoints and the dashboard are `async def`.",
    "test_endpoints_run_in_the_event_loop",
    clues=(Clue("Write `async def`, and `await` in front of the store's call.", facts="plain def:"),),
)
SAVED = application(
    "A task is in the database before the client is told so.", "test_a_task_is_saved_before_the_answer_comes"
)
COUNTS = application("The dashboard counts what is in the database.", "test_the_dashboard_counts")
STOPS = application(
    "When the application stops, no connection is left.",
    "test_nothing_is_left_when_the_application_stops",
    clues=(CLOSES,),
)
FAILS = application(
    "When the start fails half-way, no connection is left either.",
    "test_a_start_that_fails_leaves_nothing",
    clues=(Clue("`try:` around the tables and the `yield`, `finally:` with `dispose`.", facts="left open"),),
)
ONLY_ASYNC = application(
    "Nothing is left of the synchronous factory.",
    "test_nothing_is_left_of_the_synchronous_factory",
    clues=(Clue("Delete `create_session_factory` in `database.py`, with its imports.", facts="still there"),),
)
TRIALS = (ENDPOINTS, ONE_ENGINE, NAMED, IN_THE_LOOP, SAVED, COUNTS, STOPS, FAILS, ONLY_ASYNC)


def parts() -> dict[str, Part]:
    """Return the lesson's questions and exercises, in order, fresh."""
    return {
        "recall_session": Recall(
            question="Why does every method of the store open a session of its own?",
            options={
                "A": "A session is closed by its first commit.",
                "B": "One session cannot serve two calls at the same time.",
                "C": "A session belongs to one table.",
            },
            right="B",
            why={
                "A": "A session can commit many times.",
                "B": "And endpoints do run at the same time. So each call asks the factory for its own.",
                "C": "A session can hold objects of every table.",
            },
            look="lesson 06",
        ),
        "recall_lifespan": Recall(
            question="A test calls the app through ASGITransport. Who runs the lifespan?",
            options={
                "A": "The transport, before the first request.",
                "B": "FastAPI, when the app is imported.",
                "C": "Nobody, unless the test does it.",
            },
            right="C",
            why={
                "A": "A server does that. The transport hands over requests, and nothing else.",
                "B": "Importing makes the app object. Nothing runs yet.",
                "C": "That is why the tests of lesson 07 bring their own database, by an override.",
            },
            look="lesson 07",
        ),
        "per_request": Prediction(
            question="get_db makes an engine for each request. What will you see after 30 requests?",
            options={
                "A": "Nothing special: Python throws an engine away when its request is over.",
                "B": "One more thread and open file for each request.",
                "C": "An error at the second request, because the file is locked.",
                "D": "At most five connections, because the pool is limited to five.",
            },
            right="B",
            why={
                "A": "Tempting, because Python cleans up memory. A connection is more: an open file and a thread, "
                "and they stay until somebody closes them.",
                "B": "Each engine has a pool of its own, and each pool keeps its connection for the next call. "
                "That call never comes.",
                "C": "SQLite allows many connections. It only lets writers wait for each other.",
                "D": "The limit is one of each pool. Thirty engines have thirty pools.",
            },
        ),
        "late_commit": Prediction(
            question="The commit stands after `yield`, and it fails. What is the client told?",
            options={
                "A": "500: the request failed.",
                "B": "200: all is well.",
                "C": "Nothing: the connection breaks.",
            },
            right="B",
            why={
                "A": "Tempting, because the error belongs to this request. But the answer has gone out already.",
                "B": "FastAPI sends the answer first and runs what follows `yield` afterwards.",
                "C": "The answer was complete before the error came.",
            },
        ),
        "dependencies": Exercise(
            FileJudge(DEPENDENCIES, (ENDPOINTS, ONE_ENGINE, SAVED), clues=(OWN_ENGINE,)),
            hints=(
                "The lifespan has made one factory for the whole application. A request only needs to be given it.",
                "The synchronous version opens a session on `request.app.state.session_factory`. "
                "The new store takes the factory itself.",
                "return DataStoreDb(request.app.state.session_factory)",
            ),
        ),
        "router": Exercise(
            FileJudge(ROUTER, (ENDPOINTS, IN_THE_LOOP, SAVED)),
            hints=(
                "Each endpoint calls one method of the store, and each of these is asynchronous now.",
                "Five times `async def`, five times `await`. Look twice at `update_task` and `delete_task`: "
                "there the call stands inside something else.",
                "async def delete_task(id: TaskId, db: Store) -> None:\n    if not await db.delete(id):\n        …",
            ),
        ),
        "main": Exercise(
            FileJudge(MAIN, (ENDPOINTS, ONE_ENGINE, NAMED, IN_THE_LOOP, COUNTS, STOPS, FAILS)),
            hints=(
                "Which calls in this file talk to the database? Creating the factory does not.",
                "In the lifespan: the factory for `url`, creating the tables, closing the connections, whatever happens "
                "in between. Below it: the dashboard.",
                "factory = create_async_session_factory(url)\n…\ntry:\n    await create_tables(factory)\n    yield\n"
                "finally:\n    await dispose(factory)",
            ),
        ),
        "workspace": workspace_exercise(
            "08", [path for path in files_after("08") if path.startswith(APP)], TRIALS
        ),
    }
