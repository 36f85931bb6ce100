"""Coroutines and who runs them."""

from todo_lib.lab.errors.model import Entry, Matcher
from todo_lib.lab.errors.predicates import await_came_too_late
from todo_lib.lab.errors.topics import BLOCKING, FIRST_AWAITS, START, STORE

COROUTINE_MISUSED = Matcher(
    ("AttributeError", "TypeError"),
    r"'coroutine'|(got|not) coroutine$|cannot unpack non-iterable coroutine|of type coroutine is not JSON"
    r"|expected str instance, coroutine found",
)

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
            Matcher(("DBAPIError",), r"type 'coroutine'|got coroutine\)"),
            Matcher(("UnmappedInstanceError",), r"^Class 'builtins\.coroutine' is not mapped"),
            Matcher(("ArgumentError",), r"got <coroutine object"),
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
        key="options-outside-select",
        title="`.options`, `.where`, `.order_by` belong to the statement, not to its result",
        happened="You asked the result of a query, or the coroutine that will give it, for a method of the"
        " statement.",
        why="`select(…)` builds the statement; `execute` and `scalars` send it. After that nothing can be"
        " added to it.",
        fix="Move it into the parentheses, behind `select(…)`.",
        code="query = select(Task).options(selectinload(Task.project))\nawait session.scalars(query)",
        topic=STORE,
        url="https://docs.sqlalchemy.org/en/21/orm/queryguide/index.html",
        matchers=(
            Matcher(
                ("AttributeError",),
                r"^'(coroutine|\w*Result)' object has no attribute '(options|where|filter|filter_by"
                r"|order_by|limit|offset|group_by|having|join|outerjoin|distinct|with_for_update|select_from"
                r"|execution_options)'",
            ),
        ),
        rank=2,
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
        title="`await` on something that is there already",
        happened="What stands behind `await` is an ordinary value: a result, a list, often the `None` of a"
        " method that only touches memory.",
        why="Either this call needs no `await` (`session.add`, `result.all()`, any plain `def`). Or the"
        " object is a synchronous one, a `Session` or `TestClient`, where an asynchronous one was meant.",
        fix="Remove this `await`. Or make the object asynchronous, in the line that makes it. Or, if the"
        " function is yours and waits for something, write `async def`.",
        code="session.add(task)  # no `await`\nawait session.commit()",
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
                r"object (function|method|type) can't be used in 'await' expression"
                r"|'(function|method|type)' object can't be awaited",
            ),
        ),
        rank=1,
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
)
