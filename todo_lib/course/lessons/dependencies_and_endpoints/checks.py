"""Dependencies and endpoints: `get_db`, the routers, the lifespan; everything turns green."""

from todo_lib.course.migration.file_judge import FileJudge
from todo_lib.course.migration.probes import probe, tests_in
from todo_lib.course.migration.project import APP, ENDPOINT_TESTS, after, files_after
from todo_lib.course.migration.workspace import workspace_judge
from todo_lib.lab.checks import KnownMistake, Scenario
from todo_lib.lab.exercise import Judge

DEPENDENCIES, ROUTER, MAIN = f"{APP}/dependencies.py", f"{APP}/routers/todo.py", f"{APP}/main.py"
APPLICATION_TESTS, API_TESTS = "test_application.py", "test_api.py"

ENDPOINTS = Scenario(
    "The eight endpoint tests are green.",
    base=after("dependencies_and_endpoints"),
    select=(ENDPOINT_TESTS,),
    tests=8,
)


def application(
    promise: str, *tests: str, mistakes: tuple[KnownMistake, ...] = (), file: str = APPLICATION_TESTS
) -> Scenario:
    """Return a trial on the application with its lifespan.

    `tests` are names in a file of `probes/`.
    """
    return Scenario(
        promise,
        base=after("dependencies_and_endpoints"),
        files=probe(file, "conftest.py"),
        select=tests_in(file, *tests),
        tests=len(tests),
        mistakes=(*mistakes, *STATE),
    )


def api(promise: str, *tests: str, advice: str = "", facts: str = "^reason: ") -> Scenario:
    """Return a trial on what the API promises, and what to say if it does not hold."""
    mistakes = (KnownMistake(advice, facts=facts),) if advice else ()
    return application(promise, *tests, mistakes=mistakes, file=API_TESTS)


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
FIELDS = api(
    "Each answer has the status and all the fields that the API promises.",
    "test_a_new_task_is_answered_with_all_its_fields",
    "test_an_update_replaces_all_fields",
    "test_a_delete_takes_one_task_away",
)
UNKNOWN = api("An unknown task is a 404 for GET, PUT and DELETE.", "test_an_unknown_task_is_a_404")
NARROWED = api(
    "The list follows each field of the query.",
    "test_the_list_can_be_narrowed",
    advice="Hand the whole query to the store: `await db.filter(wanted)`.",
    facts="^reason: AssertionError: GET /api/todo/ with",
)
REFUSED = api("What the API does not allow is refused with 422.", "test_what_is_not_allowed_is_refused")
PAGES = api(
    "The main page, the page about the app and the style sheet are there.", "test_the_pages_are_there"
)
SAVED = api(
    "What is answered is already in the database.",
    "test_the_answer_comes_after_the_work",
    advice="Await the store before the endpoint returns. "
    "What a background task does, it does after the answer, and nobody hears if it fails.",
    facts="when the answer to",
)
GIVEN_BACK = api(
    "When the answer begins, no connection is in use.",
    "test_connections_are_given_back",
    advice="Open no session for the whole request: the store opens one for each of its calls.",
    facts="connections in use",
)
OWN_SESSIONS = api(
    "Each request has sessions of its own.",
    "test_each_request_has_sessions_of_its_own",
    advice="Give the store the factory: it opens a new session for each call.",
    facts="sessions that are new",
)
NOT_STOPPED = api(
    "Nothing stops the event loop, from the start to the end, and there is only one.",
    "test_nothing_stops_the_event_loop",
    advice="All other requests wait as long as this takes. Is there something that can be awaited instead?",
    facts="stopped by|event loop was started|computes for|BlockingError",
)
STARTS_AGAIN = api(
    "A second start finds what was saved.",
    "test_a_second_start_finds_the_tasks",
    advice="A start creates what is missing, and drops nothing: `await create_tables(factory)`.",
    facts="after a second start",
)
NOTHING_KEPT = api(
    "A start with another database works on that one.",
    "test_a_start_with_another_database_finds_others",
    advice="Something was kept from the first start. "
    "Make the store for each request, of `request.app.state.session_factory`.",
    facts="after a start with",
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
CONTRACT = application("The store keeps the whole contract.", "test_the_whole_store", file="test_contract.py")
API = (FIELDS, UNKNOWN, NARROWED, REFUSED)
TRIALS = (
    ENDPOINTS,
    *API,
    PAGES,
    ONE_ENGINE,
    NAMED,
    IN_THE_LOOP,
    SAVED,
    COUNTS,
    NOT_STOPPED,
    GIVEN_BACK,
    OWN_SESSIONS,
    STARTS_AGAIN,
    NOTHING_KEPT,
    STOPS,
    FAILS,
    CONTRACT,
    ONLY_ASYNC,
)

JUDGES: dict[str, Judge] = {
    "dependencies": FileJudge(
        DEPENDENCIES,
        (ENDPOINTS, ONE_ENGINE, SAVED, NOT_STOPPED, GIVEN_BACK, OWN_SESSIONS, NOTHING_KEPT),
        mistakes=(OWN_ENGINE,),
    ),
    "router": FileJudge(
        ROUTER, (ENDPOINTS, *API, IN_THE_LOOP, SAVED, NOT_STOPPED, GIVEN_BACK, OWN_SESSIONS, NOTHING_KEPT)
    ),
    "main": FileJudge(
        MAIN,
        (
            ENDPOINTS,
            ONE_ENGINE,
            NAMED,
            IN_THE_LOOP,
            PAGES,
            REFUSED,
            COUNTS,
            NOT_STOPPED,
            STARTS_AGAIN,
            NOTHING_KEPT,
            STOPS,
            FAILS,
        ),
    ),
    "workspace": workspace_judge(
        "dependencies_and_endpoints",
        [path for path in files_after("dependencies_and_endpoints") if path.startswith(APP)],
        TRIALS,
    ),
}
