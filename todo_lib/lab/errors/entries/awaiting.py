"""Coroutines and who runs them."""

from todo_lib.lab.errors.model import Entry, Matcher
from todo_lib.lab.errors.predicates import await_came_too_late, letter_is_an_answer
from todo_lib.lab.errors.topics import BLOCKING, FIRST_AWAITS, START, STORE, TESTS

COROUTINE_MISUSED = Matcher(("AttributeError", "TypeError"), r"'coroutine'|got coroutine$")

ENTRIES = (
    Entry(
        key="forgotten-await",
        title="A coroutine where a result should be: an `await` is missing",
        happened="You used what a call to an `async def` function returns. That is a coroutine: work that has"
        " not run yet.",
        why="A call to a plain `def` returns its result at once. Here only `await` runs the work and gives"
        " you the result.",
        fix="Put `await` in front of the call that made the coroutine; often that is a line further up.",
        code="result = await session.execute(query)\ntasks = result.scalars().all()",
        topic=FIRST_AWAITS,
        url="https://docs.python.org/3/library/asyncio-task.html#coroutines",
        matchers=(
            COROUTINE_MISUSED,
            Matcher(("ValidationError",), "input_type=coroutine"),
            Matcher(("ResponseValidationError",), "'input': <coroutine object"),
        ),
    ),
    Entry(
        key="await-precedence",
        title="`await` in front of the chain waits for its end, not for its beginning",
        happened="In `await f().name` Python first evaluates `f().name`,"
        " on the coroutine, and would await that.",
        why="A call, a dot and an index bind tighter than `await`. What you want"
        " to wait for is the call in the middle.",
        fix="Put parentheses around the part to wait for, or use two lines.",
        code="tasks = (await session.execute(query)).scalars().all()",
        topic=STORE,
        url="https://docs.python.org/3/reference/expressions.html#operator-precedence",
        matchers=(Matcher(COROUTINE_MISUSED.types, COROUTINE_MISUSED.message, test=await_came_too_late),),
        rank=1,
    ),
    Entry(
        key="never-awaited",
        title="A coroutine was never awaited: its work was not done",
        happened="A call made a coroutine, nobody awaited it, and Python threw it away. For"
        " `session.commit()` that means: nothing is saved.",
        why="Forgetting `await` is no error in Python. The warning comes when the coroutine is thrown away,"
        " often far from the line that made it.",
        fix="Put `await` in front of the call, and let tests fail on warnings.",
        code="await session.commit()\n\n# pyproject.toml\n[tool.pytest.ini_options]\n"
        'filterwarnings = ["error"]',
        topic=START,
        url="https://docs.python.org/3/library/asyncio-dev.html#detect-never-awaited-coroutines",
        matchers=(Matcher(("RuntimeWarning",), r"coroutine '.+' was never awaited"),),
        notice="The lab's watcher names the line. Elsewhere:"
        " a RuntimeWarning in the log, or a row that is not there.",
    ),
    Entry(
        key="await-on-nothing",
        title="`await` on something that cannot be awaited",
        happened="What stands behind `await` is an ordinary value; often the `None` of a method that only"
        " touches memory, or the result of a plain `def`.",
        why="Only calls to `async def` functions need `await`. In a session `commit`, `get`, `execute` do;"
        " `add` and `expunge` do not.",
        fix="Remove this `await`."
        " If the function is yours and should wait for something, make it `async def`.",
        code="session.add(task)\nawait session.commit()",
        topic=FIRST_AWAITS,
        url="https://docs.python.org/3/library/asyncio-task.html#awaitables",
        matchers=(
            Matcher(("TypeError",), r"can't be used in 'await' expression|object can't be awaited"),
            Matcher(("TypeError",), r"a coroutine was expected, got|a coroutine or an awaitable is required"),
        ),
    ),
    Entry(
        key="await-without-call",
        title="`await` on a function that was not called: the parentheses are missing",
        happened="Behind `await` stands a function or a method itself, as in `await store.all`.",
        why="Only the call makes the coroutine that `await` can run.",
        fix="The call has no parentheses: write `await store.all()`, and likewise for yours.",
        code="tasks = await store.all()",
        topic=START,
        url="https://docs.python.org/3/library/asyncio-task.html#awaitables",
        matchers=(
            Matcher(
                ("TypeError",),
                r"object (function|method) can't be used in 'await' expression"
                r"|'(function|method)' object can't be awaited",
            ),
        ),
        rank=1,
    ),
    Entry(
        key="await-in-plain-def",
        title="`await` stands in a plain `def`",
        happened="`await`, `async with` or `async for` stands in a function that is not an `async def`."
        " Python has refused the whole cell or file: nothing in it has run.",
        why="Only an `async def` can stop in the middle and go on later.",
        fix="Write `async def`. Where everything is still synchronous, remove the `await` or `async`.",
        code="async def names(store):\n    return [task.name for task in await store.all()]",
        topic=START,
        url="https://docs.python.org/3/reference/compound_stmts.html#the-async-with-statement",
        matchers=(
            Matcher(
                ("SyntaxError",), r"^('await'|'async with'|'async for'|asynchronous comprehension) outside"
            ),
        ),
    ),
    Entry(
        key="async-with-on-sync",
        title="`async with` or `async for` on a synchronous object",
        happened="`async with` needs an object that can be opened and closed with `await`, `async for` one"
        " that delivers with `await`. This one cannot.",
        why="Two things end here: an engine or session that is still the synchronous one, and a result that"
        " is complete after its `await` already.",
        fix="Use the asynchronous class, or the plain `with` and `for`.",
        code="async with async_engine.connect() as connection:\n"
        "    for row in await connection.execute(query):  # no `async for`",
        topic=STORE,
        url="https://docs.python.org/3/reference/compound_stmts.html#the-async-with-statement",
        matchers=(
            Matcher(
                ("TypeError",),
                r"^(?!'(coroutine|method)').*does not support the asynchronous context manager protocol",
            ),
            Matcher(
                ("TypeError",), r"'async for' requires an object with __aiter__ method, got (?!coroutine$)"
            ),
        ),
    ),
    Entry(
        key="factory-not-called",
        title="The factory itself where a session should be: the brackets are missing",
        happened="You used the session factory as if it were a session.",
        why="A factory makes sessions. Only a call gives you one, and each call gives you a new one.",
        fix="Call it: `self.factory()`.",
        code="async with self.factory() as session:\n    ...",
        topic=FIRST_AWAITS,
        url="https://docs.sqlalchemy.org/en/21/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.async_sessionmaker",
        matchers=(
            Matcher(("TypeError", "AttributeError"), r"^'(async_)?sessionmaker' object (does not|has no)"),
        ),
        rank=1,
    ),
    Entry(
        key="sync-with-on-async",
        title="A plain `with` on an asynchronous object",
        happened="You opened an asynchronous session, connection or lock with `with`.",
        why="Closing it may talk to the database, and that has to be awaited. A plain `with` cannot wait.",
        fix="Write `async with`.",
        code="async with factory() as session:\n    ...",
        topic=FIRST_AWAITS,
        url="https://docs.python.org/3/reference/compound_stmts.html#the-async-with-statement",
        matchers=(
            Matcher(
                ("TypeError",),
                r"'(_?[Aa]sync\w*|Lock|Semaphore|Condition|TaskGroup|Timeout)' object does not support the"
                r" context manager protocol",
            ),
        ),
    ),
    Entry(
        key="run-in-notebook",
        title="`asyncio.run()` where an event loop is running already",
        happened="`asyncio.run()` starts an event loop,"
        " which runs coroutines; and one is running here already.",
        why="A notebook runs one event loop for all cells. Code in an `async def` runs inside such a loop,"
        " too: two loops cannot run in one thread.",
        fix="Use `await` directly, in a cell as in a coroutine. `asyncio.run(main())`"
        " is for the last line of a script.",
        code="await main()",
        topic=START,
        url="https://docs.python.org/3/library/asyncio-runner.html#asyncio.run",
        matchers=(
            Matcher(("RuntimeError",), r"cannot be called from a running event loop"),
            Matcher(("RuntimeError",), r"[Tt]his event loop is already running"),
            Matcher(("RuntimeError",), r"Cannot run the event loop while another loop is running"),
        ),
    ),
    Entry(
        key="blocking-call",
        title="A blocking call inside `async def` stops everybody",
        happened="A call kept the thread waiting,"
        " and with it the event loop that runs all tasks: nobody else could work.",
        why="`async def` makes nothing faster by itself. All tasks share one thread, so `time.sleep`, a"
        " synchronous driver or a long calculation stops them all.",
        fix="Use the asynchronous counterpart, or give the call to a thread.",
        code="await asyncio.sleep(1)                 # not time.sleep(1)\n"
        "await asyncio.to_thread(old_function)  # for what has no counterpart",
        topic=BLOCKING,
        url="https://docs.python.org/3/library/asyncio-dev.html#running-blocking-code",
        matchers=(Matcher(("BlockingError",)),),
        notice="Requests that should overlap come one after the other."
        " The tool blockbuster makes it an error in tests.",
    ),
    Entry(
        key="loop-closed",
        title="The event loop is closed",
        happened="Something still belongs to an event loop (what runs coroutines) that has ended.",
        why="Each `asyncio.run()`, and by default each test, has a loop of its own. A connection, client or"
        " task cannot move from one to the next.",
        fix="Open and close it within one loop: use `async with`,"
        " and `await engine.dispose()` before the loop ends.",
        code="async def main():\n    engine = create_async_engine(url)\n    try:\n        ...\n    finally:\n"
        "        await engine.dispose()",
        topic=TESTS,
        url="https://docs.sqlalchemy.org/en/21/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops",
        matchers=(Matcher(("RuntimeError",), r"^Event loop is closed"),),
    ),
    Entry(
        key="letter-without-quotes",
        title="The letter of an answer is a text: it needs quotes",
        happened="Without quotes Python takes the letter for a name, and looks for what it stands for.",
        why="Only in quotes it is a text.",
        fix="Put your letter between the quotes.",
        code='q.run.predict("C")',
        topic=START,
        url="https://docs.python.org/3/library/exceptions.html#NameError",
        matchers=(Matcher(("NameError",), r"^name '[A-Za-z]' is not defined", test=letter_is_an_answer),),
        rank=1,
    ),
    Entry(
        key="cell-not-run",
        title="A name is not defined: perhaps its cell has not been run",
        happened="Python met a name that nothing has defined yet.",
        why="A notebook knows only what has been run since the kernel started. After a restart that is"
        " nothing, whatever the page still shows.",
        fix="Run the cells above, from the top. If the name is in none of them, look for a typing error.",
        topic=START,
        url="https://docs.python.org/3/library/exceptions.html#NameError",
        matchers=(Matcher(("NameError",), r"^name '.+' is not defined"),),
    ),
)
