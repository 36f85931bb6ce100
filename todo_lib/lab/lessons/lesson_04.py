"""Lesson 04, Engine and session factory: `create_async_session_factory`, `create_tables`, `dispose`."""

from todo_lib.lab.contract import session_factory
from todo_lib.lab.exercise import Exercise, Part, Prediction, Recall
from todo_lib.lab.judge import Clue, FileJudge, FunctionJudge, Trial
from todo_lib.lab.probes import probe
from todo_lib.lab.project import APP
from todo_lib.lab.workspace import workspace_exercise

DATABASE = f"{APP}/database.py"
# Wrong answers that are seen in a function as in the file.
TWO_DRIVERS = Clue("The URL names its driver already: use `url` as it is.", facts="too many values to unpack")


def probes(promise: str, *tests: str) -> Trial:
    """Return a trial on the module; `tests` are names in `probes/test_database.py`."""
    return Trial(
        promise,
        after="03",
        files=probe("test_database.py"),
        select=tuple(f"tests/test_database.py::{test}" for test in tests),
        tests=len(tests),
    )


TRIALS = (
    probes("`create_tables` creates the table, and commits.", "test_the_table_is_in_the_file"),
    probes("What one session commits, another finds.", "test_its_sessions_write_and_read"),
    probes("An object can be read after the commit.", "test_an_object_can_be_read_after_the_commit"),
    probes("SQLite is prepared as in the synchronous app.", "test_sqlite_is_prepared"),
    probes("Creating the tables again changes nothing.", "test_tables_can_be_created_again"),
    probes("`dispose` closes every connection.", "test_dispose_closes_every_connection"),
    probes("`DEFAULT_URL` names the asynchronous driver.", "test_the_default_url_names_the_driver"),
)
# Lesson 08 takes the old factory away. A workspace may be that far; the exercise is not.
STILL_THERE = probes("`create_session_factory` still works.", "test_the_synchronous_factory_still_works")
ADVICE = {"left open": "`await engine.dispose()` closes all that is in the pool."}
CLUES = (
    TWO_DRIVERS,
    Clue(
        "What was created must be committed: `begin()` commits at the end of its block, `connect()` does not.",
        facts=r"test_the_table_is_in_the_file\n(.*\n)*reason: AssertionError",
    ),
    Clue(
        "Is `prepare_sqlite(engine.sync_engine)` called for each new engine?",
        facts=r"test_sqlite_is_prepared\n(.*\n)*reason: AssertionError",
    ),
    Clue("`await engine.dispose()` closes all that is in the pool.", facts="connections left open"),
    Clue(
        "Write `sqlite+aiosqlite:///todo.db`: an asynchronous engine needs an asynchronous driver.",
        facts="test_the_default_url_names",
    ),
    Clue(
        "Keep it beside the new one: `main.py` and the endpoints' tests still import it.",
        facts="test_the_synchronous_factory_still_works",
    ),
)


def parts() -> dict[str, Part]:
    """Return the lesson's questions and exercises, in order, fresh."""
    return {**_questions(), **_exercises()}


def _questions() -> dict[str, Part]:
    return {
        "recall_gain": Recall(
            question="What can async make faster?",
            options={
                "A": "Computing: the work is spread over the cores.",
                "B": "Many waits: while one goes on, others go on as well.",
                "C": "A single query: the driver is quicker.",
            },
            right="B",
            why={
                "A": "There is one thread. While it computes, nothing else runs.",
                "B": "Async buys waiting time, nothing else.",
                "C": "A single call is even a little slower: it takes the detour through the event loop.",
            },
            look="lesson 02",
        ),
        "recall_red": Recall(
            question="Why were the store's tests red at the end of lesson 03?",
            options={
                "A": "They had mistakes.",
                "B": "They import a function that does not exist yet.",
                "C": "The store was too slow for them.",
            },
            right="B",
            why={
                "A": "On a finished store they are green.",
                "B": "`create_async_session_factory` is what this lesson builds.",
                "C": "They did not get as far as the store.",
            },
            look="lesson 03, under *An honest red*",
        ),
        "create_all": Prediction(
            question="`Base.metadata.create_all(engine)`, with an asynchronous engine. What happens?",
            options={
                "A": "The tables are created; meanwhile the event loop stands still.",
                "B": "It returns a coroutine, and `await` would create the tables.",
                "C": "An error.",
            },
            right="C",
            why={
                "A": "Tempting, because an asynchronous engine has a synchronous one inside. But `create_all` does "
                "not look inside.",
                "B": "`create_all` is plain, synchronous code. It cannot return a coroutine.",
                "C": "`create_all` asks the engine for what only synchronous engines have.",
            },
        ),
        "expired": Prediction(
            question="The factory was made without `expire_on_commit=False`. After `await session.commit()`: what "
            "does `task.name` do?",
            options={
                "A": "It gives the name: the object is in memory.",
                "B": "It gives None: the commit has emptied the object.",
                "C": "It raises an error.",
                "D": "It gives a coroutine, for the name must be loaded.",
            },
            right="C",
            why={
                "A": "So it is with `expire_on_commit=False`. By default a commit marks what is in memory as out of date.",
                "B": "The object is marked as out of date, and is never silently wrong.",
                "C": "The name must be loaded again, that needs `await`, and an attribute has no place for one.",
                "D": "Nice, but an attribute is plain Python: it gives a value or an error.",
            },
        ),
    }


def _exercises() -> dict[str, Part]:
    return {
        "factory": Exercise(
            FunctionJudge(
                (
                    session_factory.returns_a_factory,
                    session_factory.commits,
                    session_factory.reads_after_commit,
                    session_factory.prepares_sqlite,
                    session_factory.opens_nothing_yet,
                ),
                may_block=True,  # it is a plain `def`, and what it opens too early is found by itself
                advice={
                    "coroutine returned": "Making a factory talks to no database. A plain `def` is right here.",
                    "wrong value": "Compare with the synchronous factory: three lines, and each has its twin.",
                },
                clues=(
                    TWO_DRIVERS,
                    Clue("Use the `url` that the function is given.", facts="the file of its engine"),
                ),
            ),
            hints=(
                "Each line of the synchronous factory has a twin: another name, the same job.",
                "`prepare_sqlite` listens to a synchronous engine. The asynchronous one has it inside: "
                "`engine.sync_engine`. And what must the factory be told, so that objects stay readable after a commit?",
                "engine = create_async_engine(url)\nprepare_sqlite(engine.sync_engine)\n"
                "return async_sessionmaker(engine, expire_on_commit=False)",
            ),
        ),
        "tables": Exercise(
            FunctionJudge(
                (
                    session_factory.creates_the_table,
                    session_factory.keeps_what_is_there,
                    session_factory.gives_the_connection_back,
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
            hints=(
                "`create_all` is synchronous and wants a synchronous connection. Who hands it one?",
                "Open a connection with `async with` and `begin()`. Then let it run `create_all` for you: "
                "pass the function, do not call it.",
                'async with factory.kw["bind"].begin() as connection:\n'
                "    await connection.run_sync(Base.metadata.create_all)",
            ),
        ),
        "database": Exercise(
            FileJudge(DATABASE, (*TRIALS, STILL_THERE), advice=ADVICE, clues=CLUES),
            hints=(
                "All of it stands on this page already, except `dispose`.",
                "`dispose` closes connections: that talks to the database.",
                'async def dispose(factory):\n    await factory.kw["bind"].dispose()',
            ),
        ),
        "workspace": workspace_exercise("04", (DATABASE,), TRIALS, ADVICE, CLUES),
    }
