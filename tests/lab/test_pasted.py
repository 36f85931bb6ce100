"""What a pasted text tells: tracebacks, chains and groups, as Python, IPython, pytest and logs print them."""

import pytest

from tests.lab.searching import found, keys
from todo_lib.lab.errors.lookup import catalogue, errors
from todo_lib.lab.errors.pasted import exceptions_in
from todo_lib.lab.messages import Table

LAZY_LOAD = """\
Traceback (most recent call last):
  File "/venv/lib/python3.12/site-packages/sqlalchemy/orm/strategies.py", line 988, in _load_for_state
    return self._emit_lazyload(
           ^^^^^^^^^^^^^^^^^^^^
  File "/venv/lib/python3.12/site-packages/sqlalchemy/util/concurrency.py", line 161, in await_
    raise exc.MissingGreenlet(
sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_() here. Was IO \
attempted in an unexpected place?"""
EXPIRED = LAZY_LOAD.replace("strategies.py", "loading.py").replace(
    "_load_for_state", "load_scalar_attributes"
)
CAUSE = "\n\nThe above exception was the direct cause of the following exception:\n\n"
CONTEXT = "\n\nDuring handling of the above exception, another exception occurred:\n\n"
OTHER = 'Traceback (most recent call last):\n  File "app.py", line 7, in read\n    save()\n'


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("RuntimeError: Event loop is closed", "loop-closed"),
        ("E       RuntimeError: Event loop is closed", "loop-closed"),
        ("FAILED tests/test_api.py::test_read - RuntimeError: Event loop is closed", "loop-closed"),
        ("2026-11-25 10:00:00,123 ERROR app: RuntimeError: Event loop is closed", "loop-closed"),
        ("\x1b[0;31mRuntimeError\x1b[0m: Event loop is closed", "loop-closed"),
        ("Event loop is closed", "loop-closed"),
        ("app.errors.LoopError: Event loop is closed", "loop-closed"),
        ("/srv/app.py:12: RuntimeWarning: coroutine 'save' was never awaited\n  save()", "never-awaited"),
        ("<ipython-input-3>:1: RuntimeWarning: coroutine 'save' was never awaited", "never-awaited"),
        ("AttributeError: 'State' object has no attribute 'pool'", "lifespan-not-run"),
        ("NameError: name 'store' is not defined", "cell-not-run"),
        ('  File "a.py", line 2\nSyntaxError: \'await\' outside async function', "await-in-plain-def"),
        ("sqlite3.OperationalError: no such table: users", "no-such-table"),
        ("asyncpg.exceptions.UndefinedFunctionError: function ifnull(int) does not exist", "only-in-sqlite"),
        ("sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't …", "lazy-load"),
        (LAZY_LOAD, "lazy-load"),
        (EXPIRED, "expired-attribute"),
        (LAZY_LOAD.replace("/", "\\"), "lazy-load"),
        (LAZY_LOAD.replace("\n", "\r\n"), "lazy-load"),
        (f"{LAZY_LOAD}{CAUSE}{OTHER}app.Failed.StoreError: cannot save", "lazy-load"),
        (f"{OTHER}KeyError: 'id'{CONTEXT}{EXPIRED}", "expired-attribute"),
        (f"{EXPIRED}{CONTEXT}{OTHER}RuntimeError: Event loop is closed", "loop-closed"),
        (f"{EXPIRED}{CONTEXT}{LAZY_LOAD}", "lazy-load"),
        (f"INFO: 127.0.0.1 - 'GET /' 500\nERROR: Exception in ASGI application\n{LAZY_LOAD}", "lazy-load"),
    ],
)  # fmt: skip
def test_paste_leads_to_its_entry(text: str, key: str):
    """A line of a log, of pytest, of a notebook; chains, where the nearest that is known decides."""
    assert keys(found(text))[0] == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (">       await store.get(1).name\nE       AttributeError: 'coroutine' object has no attribute 'name'"
         "\n\ntest_a.py:4: AttributeError", "await-precedence"),
        ("test_a.py:4: in test_read\n    task = store.get(1).name\n"
         "E   AttributeError: 'coroutine' object has no attribute 'name'", "forgotten-await"),
        ("a.py:4: in read\n    task.name\n../sqlalchemy/orm/loading.py:1550: in load_scalar_attributes\n"
         "    result = load()\nE   sqlalchemy.exc.MissingGreenlet: greenlet_spawn", "expired-attribute"),
    ],
)  # fmt: skip
def test_output_of_pytest_leads_to_its_entry(text: str, key: str):
    """In its long style, where a mark shows the line that failed, and in its short one."""
    assert keys(found(text))[0] == key


def failed(line: str, error: str) -> str:
    """Return what Python prints of a line."""
    return f'Traceback (most recent call last):\n  File "app.py", line 3, in main\n    {line}\n{error}'


@pytest.mark.parametrize(
    ("line", "kind", "key"),
    [
        ("await db.commit()", "NoneType", "sync-session-awaited"),
        ("await engine.dispose()", "NoneType", "sync-session-awaited"),
        ("tasks = await self.session.scalars(query).all()", "list", "sync-session-awaited"),
        ("task = await session.get(Task, 1)", "Task", "sync-session-awaited"),
        ("await Session(engine).commit()", "NoneType", "sync-session-awaited"),
        ("await session.add(task)", "NoneType", "await-on-nothing"),
        ("await store.commit()", "NoneType", "await-on-nothing"),
        ("await self.session_store.get(1)", "Task", "await-on-nothing"),
        ("return await response.json()", "dict", "await-on-nothing"),
        ('await client.get("/tasks")', "Response", "synchronous-client-awaited"),
        ("await (await session.execute(query)).all()", "list", "await-on-nothing"),
        ("await [load(1), store.load(2)]", "list", "gather-without-star"),
        ("await tuple(load(id) for id in ids)", "tuple", "gather-without-star"),
        ("await [len(name) for name in names]", "list", "await-on-nothing"),
        ("await (load(id) for id in ids)", "generator", "task-of-a-generator"),
    ],
)  # fmt: skip
def test_line_tells_what_was_awaited(line: str, kind: str, key: str):
    """In the words of either Python."""
    for said in (f"object {kind} can't be used in 'await' expression", f"'{kind}' object can't be awaited"):
        assert keys(found(failed(line, f"TypeError: {said}")))[0] == key


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("await asyncio.gather(store.all, store.count)", "task-of-a-function"),
        ("await asyncio.wait_for(lambda: store.all(), 1)", "task-of-a-function"),
        ("return await gather((load(1), load(2)))", "gather-without-star"),
        ("names = await asyncio.gather(map(load, ids))", "gather-without-star"),
        ("await asyncio.gather(await load(id) for id in ids)", "await-in-generator"),
        ("await asyncio.gather(7)", "await-on-nothing"),
    ],
)
def test_line_tells_what_asyncio_was_given(line: str, key: str):
    """It is the learner's line, above those of asyncio."""
    below = '  File "/lib/asyncio/tasks.py", line 674, in _ensure_future\n    raise TypeError(\n'
    error = "TypeError: An asyncio.Future, a coroutine or an awaitable is required"
    assert keys(found(failed(line, below + error)))[0] == key


@pytest.mark.parametrize(
    ("cell", "number", "key"),
    [
        ("async with factory() as session:\n    pass", 1, "await-under-magic"),
        ("class A:\n    async with factory() as session:\n        pass", 2, "await-under-magic"),
        ("def get():\n    async with factory() as session:\n        pass", 2, "await-in-plain-def"),
    ],
)
def test_magic_is_to_blame_if_no_function_is_around(cell: str, number: int, key: str):
    """IPython shows the whole cell, as an argument."""
    text = (
        "Traceback (most recent call last):\n\n"
        "  File /lib/IPython/core/interactiveshell.py:2644 in run_cell_magic\n    result = fn(*args)\n\n"
        f"  Cell In[1], line 1\n    get_ipython().run_cell_magic('time', '', {cell!r})\n\n"
        f"  File <timed exec>:{number}\n    \n    ^\nSyntaxError: 'async with' outside async function"
    )
    assert keys(found(text))[0] == key


def test_async_in_quotes_does_not_stand_alone():
    """Only what Python reads counts."""
    for line in ('print("the async engine"', "x = 'no async here' y"):
        assert not found(f'  File "app.py", line 1\n    {line}\nSyntaxError: invalid syntax')
    for line in ("async get(id):", "return async store.get(id)"):
        text = f'  File "app.py", line 1\n    {line}\nSyntaxError: invalid syntax'
        assert keys(found(text)) == ["async-alone"]
    assert errors("SyntaxError: invalid syntax").title == "one entry mentions this"


def test_what_python_says_of_anything_is_no_diagnosis():
    """A list can be unhashable without `gather`; whoever has only the line is asked."""
    assert not found(failed("names[[]]", "TypeError: unhashable type: 'list'"))
    for line in ("TypeError: unhashable type: 'list'", "AttributeError: done"):
        note = errors(line)
        assert isinstance(note, Table) or note.title == "one entry mentions this"
    gathered = (
        'await gather(calls)\n  File "/lib/asyncio/tasks.py", line 826, in gather\n    if arg not in seen:'
    )
    assert keys(found(failed(gathered, "TypeError: unhashable type: 'list'")))[0] == "gather-without-star"


def test_traceback_rules_out_what_prints_the_same():
    """Where the calls tell which one it is, the others are not named."""
    assert "Or is it" not in repr(errors(LAZY_LOAD))
    assert errors(LAZY_LOAD).title == catalogue()["lazy-load"].title
    assert isinstance(errors(LAZY_LOAD.splitlines()[-1]), Table)
    without_library = OTHER + LAZY_LOAD.splitlines()[-1]
    assert isinstance(errors(without_library), Table)  # the lab shows errors short: no call of SQLAlchemy


def test_long_text_is_no_problem():
    """A value that is printed in full, a word without an end."""
    for long in ("aB" * 50_000, "aB." * 30_000, "x " * 50_000, "+-" * 50_000, "ERROR " * 20_000):
        assert keys(found(f"{long}\n{EXPIRED}\n[parameters: {long}]"))[0] == "expired-attribute"


def test_member_of_a_group_is_read():
    """Behind its margins, also two groups deep."""
    inner = "\n".join(f"    | {line}" for line in EXPIRED.splitlines())
    group = (
        "  + Exception Group Traceback (most recent call last):\n"
        '  |   File "app.py", line 3, in main\n'
        "  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\n"
        f"  +-+---------------- 1 ----------------\n{inner}\n    +------------------------------------"
    )
    assert keys(found(group))[0] == "expired-attribute"
    deeper = "\n".join(f"    {line}" for line in group.splitlines())
    outer = f"ExceptionGroup: unhandled errors\n  +-+---------------- 1 ----------------\n{deeper}"
    assert keys(found(outer))[0] == "expired-attribute"


def test_calls_are_read_from_a_notebook_too():
    """IPython names the class of a method, and shows lines around the one that failed."""
    text = (
        "----\nMissingGreenlet                           Traceback (most recent call last)\n"
        "File ~/venv/sqlalchemy/orm/strategies.py:988, in LazyLoader._load_for_state(self, state)\n"
        "    987 if identity:\n--> 988     return self._emit_lazyload(\n    989         session\n\n"
        "MissingGreenlet: greenlet_spawn has not been called"
    )  # fmt: skip
    (pasted,) = exceptions_in(text)
    assert pasted.names[0] == "MissingGreenlet"
    assert pasted.code == "return self._emit_lazyload("
    assert keys(found(text))[0] == "lazy-load"
