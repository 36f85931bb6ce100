"""Dependencies and endpoints: `get_db`, the routers, the lifespan; everything turns green."""

from todo_lib.course.migration.file_judge import FileJudge
from todo_lib.course.migration.probes import probe
from todo_lib.course.migration.project import APP, ENDPOINT_TESTS, after, files_after
from todo_lib.course.migration.workspace import workspace_judge
from todo_lib.lab.checks import KnownMistake, Scenario
from todo_lib.lab.exercise import Judge

DEPENDENCIES, ROUTER, MAIN = f"{APP}/dependencies.py", f"{APP}/routers/todo.py", f"{APP}/main.py"
APPLICATION_TESTS = "tests/test_application.py"

ENDPOINTS = Scenario(
    "The eight endpoint tests are green.",
    base=after("dependencies_and_endpoints"),
    select=(ENDPOINT_TESTS,),
    tests=8,
)


def application(promise: str, *tests: str, mistakes: tuple[KnownMistake, ...] = ()) -> Scenario:
    """Return a trial on the application with its lifespan.

    `tests` are names in `probes/test_application.py`.
    """
    return Scenario(
        promise,
        base=after("dependencies_and_endpoints"),
        files=probe("test_application.py"),
        select=tuple(f"{APPLICATION_TESTS}::{test}" for test in tests),
        tests=len(tests),
        mistakes=(*mistakes, *STATE),
    )


# Whoever misses the factory in `app.state`: `get_db` looks at the wrong
# place, or the lifespan has put nothing there.
STATE = (
    KnownMistake(
        "It is gone already when `dispose` needs it: `del` comes last, or `dispose(factory)`.",
        facts=r"line: `.*dispose\(app\.state\b.*`\nreason: .*'State' object",
    ),
    KnownMistake(
        "The factory is at `request.app.state.session_factory`.",
        facts=r"line: `.*\b(request\.state|state\.(?!session_factory\b)).*`\n"
        r"reason: .*'State' object has no attribute",
    ),
    KnownMistake(
        "The lifespan ran: it must put the factory there, `app.state.session_factory = factory`.",
        code=r"(?s)\A(?=.*async def lifespan)(?!.*app\.state\.session_factory = )",
        facts=r"'State' object has no attribute",
    ),
    KnownMistake(
        "Does the application know its lifespan? `FastAPI(…, lifespan=lifespan)`.",
        code=r"(?s)\A(?=.*async def lifespan)(?!.*lifespan=lifespan)",
        facts=r"'State' object has no attribute",
    ),
    KnownMistake(
        "The start failed before `app.state` had it. Put it there in front of `try:`.",
        facts=r"line: `del app\.state\.session_factory`\nreason: (KeyError|AttributeError)",
    ),
)
OWN_ENGINE = KnownMistake(
    "`get_db` makes an engine of its own. Take the application's: `request.app.state.session_factory`.",
    code="create_async_(session_factory|engine)",
    facts="^reason: .*(no such table|engines used)",
)
CLOSES = KnownMistake(
    "`await dispose(factory)` behind the `yield` closes them.", facts="connections left open"
)
ONE_ENGINE = application("All requests share the application's one engine.", "test_requests_share_one_engine")
NAMED = application(
    "The database is the one that `TODO_DATABASE_URL` names.",
    "test_the_environment_names_the_database",
    mistakes=(
        KnownMistake(
            "Make the factory for `url`, which comes from the environment.", facts="opened another one"
        ),
    ),
)
IN_THE_LOOP = application(
    "The five endpoints and the dashboard are `async def`.",
    "test_endpoints_run_in_the_event_loop",
    mistakes=(
        KnownMistake("Write `async def`, and `await` in front of the store's call.", facts="plain def:"),
    ),
)
SAVED = application(
    "A task is in the database before the client is told so.", "test_a_task_is_saved_before_the_answer_comes"
)
COUNTS = application("The dashboard counts what is in the database.", "test_the_dashboard_counts")
STOPS = application(
    "When the application stops, no connection is left.",
    "test_nothing_is_left_when_the_application_stops",
    mistakes=(CLOSES,),
)
FAILS = application(
    "When the start fails half-way, no connection is left either.",
    "test_a_start_that_fails_leaves_nothing",
    mistakes=(
        KnownMistake(
            "`try:` around the tables and the `yield`, `finally:` with `dispose`.", facts="left open"
        ),
    ),
)
ONLY_ASYNC = application(
    "Nothing is left of the synchronous factory.",
    "test_nothing_is_left_of_the_synchronous_factory",
    mistakes=(
        KnownMistake(
            "Delete `create_session_factory` in `database.py`, with its imports.", facts="still there"
        ),
    ),
)
TRIALS = (ENDPOINTS, ONE_ENGINE, NAMED, IN_THE_LOOP, SAVED, COUNTS, STOPS, FAILS, ONLY_ASYNC)

JUDGES: dict[str, Judge] = {
    "dependencies": FileJudge(DEPENDENCIES, (ENDPOINTS, ONE_ENGINE, SAVED), mistakes=(OWN_ENGINE,)),
    "router": FileJudge(ROUTER, (ENDPOINTS, IN_THE_LOOP, SAVED)),
    "main": FileJudge(MAIN, (ENDPOINTS, ONE_ENGINE, NAMED, IN_THE_LOOP, COUNTS, STOPS, FAILS)),
    "workspace": workspace_judge(
        "dependencies_and_endpoints",
        [path for path in files_after("dependencies_and_endpoints") if path.startswith(APP)],
        TRIALS,
    ),
}
