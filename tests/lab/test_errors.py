"""The catalogue of errors: each entry is recognised in a real failure, and in no other.

The failures are made in `tests/provoke/`, on the installed libraries; some need another process, some a
PostgreSQL server (see `todo_lib/lab/db/postgres_server.py`).
"""

import asyncio
import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from traceback import extract_tb
from urllib.parse import urlsplit

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tests.lab import provoke
from tests.lab.provoke import PROVOKERS, Elsewhere, Provoker
from tests.lab.provoke.kernel import shown_in_kernel
from tests.lab.provoke.sandbox import Sandbox
from tests.lab.searching import assert_found, keep, kept
from todo_lib.lab.aio.unawaited import catch_unawaited
from todo_lib.lab.errors import topics
from todo_lib.lab.errors.lookup import Explanation, catalogue, explain, find, fitting, related
from todo_lib.lab.errors.model import Entry

for module in pkgutil.iter_modules(provoke.__path__, "tests.lab.provoke."):
    importlib.import_module(module.name)
ASYNC = [each for each in PROVOKERS if inspect.iscoroutinefunction(each.run)]
SYNC = [each for each in PROVOKERS if each not in ASYNC]
ENTRIES = list(catalogue().values())

OFFICIAL = {
    "aiosqlite.omnilib.dev",
    "anyio.readthedocs.io",
    "docs.pydantic.dev",
    "docs.python.org",
    "docs.sqlalchemy.org",
    "fastapi.tiangolo.com",
    "ipython.readthedocs.io",
    "magicstack.github.io",
    "pytest-asyncio.readthedocs.io",
    "www.postgresql.org",
    "www.psycopg.org",
    "www.python-httpx.org",
    "www.sqlite.org",
}
# What a tired reader takes in: characters of each text; lines and columns of the code.
LONGEST = {"title": 80, "happened": 220, "why": 220, "fix": 160, "notice": 140}
CODE_LINES, CODE_COLUMNS = 8, 95


@pytest.fixture
def keeping(request: pytest.FixtureRequest) -> bool:
    """Say whether what the failures print is to be kept (`--snapshot-update`)."""
    return bool(request.config.option.update_snapshots)


@pytest.mark.asyncio
@pytest.mark.parametrize("provoker", ASYNC, ids=str)
async def test_failure_in_a_coroutine_is_recognised(provoker: Provoker, sandbox: Sandbox, keeping: bool):
    """The real failure leads to its entry, and to no other; so does the search for what it prints."""
    with catch_unawaited():  # a failure often leaves a coroutine behind; here that is not the point
        try:
            outcome = await provoker.run(sandbox)
        except Exception as error:  # noqa: BLE001 (any error may be the one)
            outcome = error
        judge(provoker, outcome)
        look_for(provoker, outcome, keeping)
        del outcome


@pytest.mark.parametrize("provoker", SYNC, ids=str)
def test_failure_is_recognised(provoker: Provoker, sandbox: Sandbox, keeping: bool):
    """The same for what has an event loop of its own, or another process."""
    with catch_unawaited():
        try:
            outcome = provoker.run(sandbox)
        except Exception as error:  # noqa: BLE001 (any error may be the one)
            outcome = error
        judge(provoker, outcome)
        look_for(provoker, outcome, keeping)
        del outcome


def look_for(provoker: Provoker, outcome: BaseException | Elsewhere | None, keeping: bool) -> None:
    """Assert that the search finds what a provoker has brought about, by whatever a learner has of it."""
    if outcome is not None:
        if keeping:
            keep(provoker.key, kept(provoker.key, outcome))
        else:
            assert_found(provoker, outcome)


def judge(provoker: Provoker, outcome: BaseException | Elsewhere | None) -> None:
    """Assert that what a provoker has brought about is what its entry is about."""
    entry = catalogue()[provoker.key]
    if outcome is None:
        assert entry.silent, "nothing was raised"
    elif isinstance(outcome, Elsewhere):
        assert outcome.key == entry.key
    else:
        assert isinstance(outcome, BaseException), "return Elsewhere(key, printed): the search is tried, too"
        assert find(outcome) is entry, repr(outcome)
        first, *others = next(found for found in map(fitting, related(outcome)) if found)
        assert all(other.rank < first.rank for other in others), "the order of the entries decides"
        note = explain(outcome)
        assert note.title == entry.title
        if any("/provoke/" in Path(call.filename).as_posix() for call in extract_tb(outcome.__traceback__)):
            assert note.lines[0].startswith("Your line")


def test_every_entry_is_provoked():
    """No entry without a real failure, no failure without an entry."""
    assert {each.key for each in PROVOKERS} == catalogue().keys()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_entry_is_complete_and_short(entry: Entry):
    """Each says what happened, why and what to do, in few words, and where to read on."""
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", entry.key)
    assert entry.topic in {value for name, value in vars(topics).items() if name.isupper()}
    assert entry.matchers or entry.silent
    for name, longest in LONGEST.items():
        text = getattr(entry, name)
        assert len(text) <= longest, f"{name}: {len(text)} characters"
        assert text or name == "notice"
        assert text.count("`") % 2 == 0
        assert "  " not in text
    assert len(entry.code.splitlines()) <= CODE_LINES
    assert all(len(line) <= CODE_COLUMNS for line in entry.code.splitlines())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_entry_points_to_official_documentation(entry: Entry):
    """Encrypted, from those who make the thing, and of the version that this course teaches."""
    address = urlsplit(entry.url)
    assert address.scheme == "https"
    assert address.hostname in OFFICIAL
    assert address.hostname != "docs.sqlalchemy.org" or address.path.startswith("/en/21/")


def test_entries_have_different_keys():
    """`catalogue()` would hide the second of two."""
    from todo_lib.lab.errors.entries import ENTRIES as LISTED  # noqa: PLC0415

    assert len(LISTED) == len(ENTRIES)
    assert len({entry.title for entry in LISTED}) == len(LISTED)


# -- find ----------------------------------------------------------------------------------------------


def raised(statement: str) -> BaseException:
    """Return what a statement raises."""
    try:
        exec(statement, {"asyncio": asyncio})  # noqa: S102
    except BaseException as error:  # noqa: BLE001
        return error
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(
    "statement",
    [
        "1 / 0", "{}['x']", "[].nope", "'a' + 1", "None[0]", "int('x')", "open('/not/there')", "import nope",
        "raise asyncio.CancelledError", "raise TimeoutError", "raise RuntimeError('loop')", "with 5: pass",
        "(1, 2)['x']", "', '.join(5)", "{}[[]]", "next(5)", "object().x = 1", "1 < 'a'",
        "(x for x in []).sort()",
        "raise OSError('disk')",
        "compile('print(\"the async engine\"', 'x.py', 'exec')", "compile('x = 1 async_y', 'x.py', 'exec')",
    ],
)  # fmt: skip
def test_what_is_not_in_the_catalogue_is_not_found(statement: str):
    """No entry claims an everyday error."""
    error = raised(statement)
    assert find(error) is None
    note = explain(error)
    assert note.mark == "?"
    assert type(error).__name__ in repr(note)


@pytest.mark.parametrize(
    "statement",
    [
        "undefined_name",
        "try: undefined_name\nexcept NameError as e: raise ValueError('wrapped') from e",
        "try: undefined_name\nexcept NameError: 1 / 0",
        "try: undefined_name\nexcept NameError as e: raise ExceptionGroup('g', [KeyError('x'), e])",
        "try: undefined_name\nexcept NameError as e: raise ExceptionGroup('g', [ExceptionGroup('h', [e])])",
    ],
)
def test_error_is_found_behind_others(statement: str):
    """As the cause, as what was being handled, as a member of a group."""
    assert find(raised(statement)).key == "cell-not-run"


def test_what_was_hidden_on_purpose_stays_hidden():
    """`from None` says that what was being handled does not matter."""
    assert find(raised("try: undefined_name\nexcept NameError: raise ValueError from None")) is None


def test_nearest_error_wins():
    """What happened while a known error was handled is not explained by that one."""
    error = raised("try: undefined_name\nexcept NameError:\n with asyncio.Lock(): pass")
    assert isinstance(error.__context__, NameError)
    assert find(error).key == "sync-with-on-async"


def test_error_that_contains_itself_ends():
    """A circle of causes is walked once."""
    error = raised("1 / 0")
    error.__cause__ = KeyError("x")
    error.__cause__.__cause__ = error
    assert find(error) is None


def test_error_without_a_text_is_no_problem():
    """Some exceptions cannot even say what they are."""

    class Mute(Exception):
        def __str__(self) -> str:
            raise ValueError

    assert explain(Mute()).mark == "?"


# -- explain ------------------------------------------------------------------------------------------


def test_explain_shows_the_own_line_and_links():
    """The learner's line first; the address can be clicked."""
    try:
        undefined_name  # noqa: B018
    except NameError as error:
        note = explain(error)
    assert isinstance(note, Explanation)
    assert re.fullmatch(r"Your line \d+ of test_errors\.py: `undefined_name  # noqa: .*`", note.lines[0])
    assert '<a href="https://docs.python.org/3/library/exceptions.html#NameError">' in note._repr_html_()


@pytest.mark.asyncio
async def test_code_that_sqlalchemy_generates_is_not_the_learners(sandbox: Sandbox):
    """SQLAlchemy 2.1 lets linecache know it, as a notebook does with its cells."""
    async with (
        sandbox.sqlite(pool_size=1, max_overflow=0, pool_timeout=0.05) as factory,
        factory() as holder,
        factory() as late,
    ):
        await holder.connection()
        try:
            await late.connection()
        except PoolTimeoutError as error:
            note = explain(error)
    assert re.fullmatch(r"Your line \d+ of test_errors\.py: `await late\.connection\(\)`", note.lines[0])


def test_explain_takes_a_key_and_words():
    """What has no exception is explained by its name."""
    assert explain("lost-update").title == catalogue()["lost-update"].title
    assert explain("lost update").title == catalogue()["lost-update"].title


def test_explain_without_an_error(monkeypatch: pytest.MonkeyPatch):
    """There may have been none; the last one otherwise."""
    monkeypatch.delattr("sys.last_value", raising=False)
    assert "no error yet" in explain().title
    monkeypatch.setattr("sys.last_value", raised("undefined_name"), raising=False)
    assert explain().title == catalogue()["cell-not-run"].title


@pytest.mark.asyncio
async def test_explain_in_a_notebook(sandbox: Sandbox):
    """The notebook's last error, with the line of the cell."""
    expression = "__import__('todo_lib.lab.errors.lookup', fromlist=['explain']).explain()"
    shown = await shown_in_kernel(sandbox, "x = 1\nawait x", expression)
    assert shown.startswith(f"! {catalogue()['await-on-nothing'].title}\n  Your line 2: `await x`\n")


def test_catalogue_imports_nothing_heavy(sandbox: Sandbox):
    """Recognising an error of a library must not cost the import of that library."""
    code = (
        "import sys; from todo_lib.lab.errors.lookup import find; find(ValueError());"
        "print(*{'fastapi', 'starlette', 'pytest', 'asyncpg', 'psycopg', 'httpx'} & sys.modules.keys())"
    )
    done = sandbox.python("-c", code)
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr
