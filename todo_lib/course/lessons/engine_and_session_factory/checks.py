"""Engine and session factory: `create_async_session_factory`, `create_tables`, `dispose`."""

from todo_lib.course.lessons.engine_and_session_factory import behaviours
from todo_lib.course.migration.file_judge import FileJudge
from todo_lib.course.migration.probes import probe, tests_in
from todo_lib.course.migration.project import APP, after
from todo_lib.course.migration.workspace import workspace_judge
from todo_lib.lab.checks import FunctionJudge, KnownMistake, Scenario
from todo_lib.lab.exercise import Judge

DATABASE = f"{APP}/database.py"
# Wrong answers that are seen in a function as in the file.
TWO_DRIVERS = KnownMistake(
    "The URL names its driver already: use `url` as it is.", facts="too many values to unpack"
)


def probes(promise: str, *tests: str) -> Scenario:
    """Return a trial on the module; `tests` are names in `probes/test_database.py`."""
    return Scenario(
        promise,
        base=after("tests_first"),
        files=probe("test_database.py"),
        select=tests_in("test_database.py", *tests),
        tests=len(tests),
    )


TRIALS = (
    probes("`create_tables` creates the table, and commits.", "test_the_table_is_in_the_file"),
    probes("What one session commits, another finds.", "test_its_sessions_write_and_read"),
    probes("An object can be read after the commit.", "test_an_object_can_be_read_after_the_commit"),
    probes("Two sessions have two connections.", "test_two_sessions_have_two_connections"),
    probes("SQLite is prepared as in the synchronous app.", "test_sqlite_is_prepared"),
    probes("Creating the tables again changes nothing.", "test_tables_can_be_created_again"),
    probes("Each function works on the factory that it is given.", "test_two_factories_are_two_databases"),
    probes("`dispose` closes every connection.", "test_dispose_closes_every_connection"),
    probes("`DEFAULT_URL` names the asynchronous driver.", "test_the_default_url_names_the_driver"),
)
# A later lesson takes the old factory away. A workspace may be that far; the exercise is not.
STILL_THERE = probes("`create_session_factory` still works.", "test_the_synchronous_factory_still_works")
ADVICE = {"left open": "`await engine.dispose()` closes all that is in the pool."}
MISTAKES = (
    TWO_DRIVERS,
    KnownMistake(
        "What was created must be committed: "
        "`begin()` commits at the end of its block, `connect()` does not.",
        facts=r"test_the_table_is_in_the_file\n(.*\n)*reason: AssertionError",
    ),
    KnownMistake(
        "Is `prepare_sqlite(engine.sync_engine)` called for each new engine?",
        facts=r"test_sqlite_is_prepared\n(.*\n)*reason: AssertionError",
    ),
    KnownMistake(
        "Make a new engine for each call, with the pool that SQLAlchemy chooses; keep nothing in the module.",
        facts="on one connection|test_two_factories",
    ),
    KnownMistake("`await engine.dispose()` closes all that is in the pool.", facts="connections left open"),
    KnownMistake(
        "Write `sqlite+aiosqlite:///todo.db`: an asynchronous engine needs an asynchronous driver.",
        facts="test_the_default_url_names",
    ),
    KnownMistake(
        "Keep it beside the new one: `main.py` and the endpoints' tests still import it.",
        facts="test_the_synchronous_factory_still_works",
    ),
)

JUDGES: dict[str, Judge] = {
    "factory": FunctionJudge(
        (
            behaviours.returns_a_factory,
            behaviours.commits,
            behaviours.reads_after_commit,
            behaviours.prepares_sqlite,
            behaviours.opens_nothing_yet,
        ),
        may_block=True,  # it is a plain `def`, and what it opens too early is found by itself
        advice={
            "coroutine returned": "Making a factory talks to no database. A plain `def` is right here.",
            "wrong value": "Compare with the synchronous factory: three lines, and each has its twin.",
        },
        mistakes=(
            TWO_DRIVERS,
            KnownMistake("Use the `url` that the function is given.", facts="the file of its engine"),
        ),
    ),
    "tables": FunctionJudge(
        (
            behaviours.creates_the_table,
            behaviours.keeps_what_is_there,
            behaviours.gives_the_connection_back,
        ),
        advice={
            "raised": "`create_all` wants a synchronous connection. `connection.run_sync(…)` calls it with "
            "one.",
            "wrong value": "Nothing may be dropped, and what is created must be committed: `begin()` commits "
            "at the end of its block, `connect()` does not.",
            "connection kept": "Open the connection with `async with`: it is given back when the block ends.",
            "outside factory": "Use the `factory` that the function is given.",
        },
    ),
    "database": FileJudge(DATABASE, (*TRIALS, STILL_THERE), advice=ADVICE, mistakes=MISTAKES),
    "workspace": workspace_judge("engine_and_session_factory", (DATABASE,), TRIALS, ADVICE, MISTAKES),
}
