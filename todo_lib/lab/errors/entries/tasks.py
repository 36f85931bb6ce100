"""Tasks and event loops: what asyncio is given to run, and where."""

from todo_lib.lab.errors.model import Entry, Matcher
from todo_lib.lab.errors.predicates import (
    async_expression_used,
    function_given,
    gather_stands_there,
    gathers_a_collection,
    generator_awaited,
    generator_given,
    joins_awaited,
    several_awaited,
    several_given,
)
from todo_lib.lab.errors.topics import SESSIONS, START, TESTS

TASK = "https://docs.python.org/3/library/asyncio-task.html"
LOOPS = "https://docs.sqlalchemy.org/en/21/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops"
MISUSED = ("TypeError", "ValueError")  # asyncio.run raises the latter, before Python 3.14
EXPECTED = r"a coroutine was expected, got "
BAD_YIELD = r"^Task got bad yield: <coroutine"
REQUIRED = r"a coroutine or an awaitable is required"

ENTRIES = (
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
        key="task-of-a-function",
        title="A function where a coroutine should be: the parentheses are missing",
        happened="`create_task`, `gather` or `wait_for` was given a function or a method itself, as in"
        " `create_task(store.all)`.",
        why="asyncio runs coroutines. Only the call of an `async def` function makes one.",
        fix="Call it: `create_task(store.all())`.",
        code="async with asyncio.TaskGroup() as group:\n    group.create_task(store.all())",
        topic=SESSIONS,
        url=f"{TASK}#coroutines",
        matchers=(
            Matcher(MISUSED, EXPECTED + r"(<(bound method|function|class)|functools\.partial)"),
            Matcher(("TypeError",), REQUIRED, test=function_given),
        ),
        rank=1,
    ),
    Entry(
        key="gather-without-star",
        title="A list of coroutines cannot be awaited: use `gather` with a `*`",
        happened="`await`, `gather` or `create_task` was given a list, a tuple, a set or the like of things"
        " to await.",
        why="Each of them wants coroutines one by one, not a list. In `gather(*calls)` the `*` hands over"
        " what is in the list.",
        fix="Write `await asyncio.gather(*calls)`.",
        code="calls = [store.get(id) for id in ids]\ntasks = await asyncio.gather(*calls)",
        topic=SESSIONS,
        url=f"{TASK}#task-groups",
        matchers=(
            Matcher(("TypeError",), call=r"asyncio/tasks\.py:gather", test=gathers_a_collection),
            # Python 3.11 takes a generator for a coroutine of old, and runs it.
            Matcher(("RuntimeError",), BAD_YIELD, test=gather_stands_there),
            Matcher(MISUSED, EXPECTED + r"[\[({]"),
            Matcher(("TypeError",), REQUIRED, test=several_given),
            Matcher(("TypeError",), r"(list|tuple|set)'? (object )?can't be", test=several_awaited),
        ),
        rank=3,
    ),
    Entry(
        key="task-of-a-generator",
        title="One task for a whole loop: make one per call",
        happened="`create_task` or `await` was given a generator expression, `f(id) for id in ids`.",
        why="To asyncio that is one thing, and not a coroutine. It takes one coroutine for each task.",
        fix="Call `create_task` once per call; or use `gather` with a `*`: `gather(*(…))`.",
        code="async with asyncio.TaskGroup() as group:\n    for id in ids:\n"
        "        group.create_task(load_one(id))",
        topic=SESSIONS,
        url=f"{TASK}#task-groups",
        matchers=(
            Matcher(("RuntimeError",), BAD_YIELD),
            Matcher(MISUSED, EXPECTED + r"<generator object"),
            Matcher(("TypeError",), REQUIRED, test=generator_given),
            Matcher(("TypeError",), r"\bgenerator'? (object )?can't be", test=generator_awaited),
        ),
        rank=2,
    ),
    Entry(
        key="wait-takes-tasks",
        title="`asyncio.wait` takes tasks, not coroutines",
        happened="`asyncio.wait` was given coroutines: “Passing coroutines is forbidden, use tasks"
        " explicitly.”",
        why="It returns what is done and what is pending, so you must be able to recognise what you gave:"
        " that needs tasks.",
        fix="Make tasks first; or use `gather`, which takes coroutines.",
        code="tasks = [asyncio.create_task(f(id)) for id in ids]\ndone, pending = await asyncio.wait(tasks)",
        topic=SESSIONS,
        url=f"{TASK}#asyncio.wait",
        matchers=(
            Matcher(("TypeError",), r"^Passing coroutines is forbidden"),
            Matcher(("TypeError",), r"^expect an? (list|iterable) of futures, not"),
        ),
        rank=1,
    ),
    Entry(
        key="await-in-generator",
        title="A generator that awaits cannot be read by `for`, `list` or `sum`",
        happened="Something synchronous read an asynchronous generator: `(await f(id) for id in ids)`, or"
        " the call of an `async def` with a `yield`.",
        why="Each of its values must be awaited. `for`, `list`, `sum`, `any` and `join` cannot wait.",
        fix="Use square brackets: they make a list with `await`. A function with `yield` is read by `async"
        " for`.",
        code="tasks = [await load_one(id) for id in ids]\nnames = [name async for name in all_names()]",
        topic=START,
        url="https://docs.python.org/3/reference/expressions.html#asynchronous-generator-functions",
        matchers=(
            Matcher(("TypeError", "AttributeError"), r"async_generator", test=async_expression_used),
            Matcher(("TypeError",), REQUIRED, test=async_expression_used),
            Matcher(("TypeError",), r"'async_generator' object is not (iterable|an iterator)"),
            Matcher(("TypeError",), r"^can only join an iterable", test=joins_awaited),
            Matcher(("TypeError",), r"async_generator'?( object)? (has no len|is not subscriptable)"),
        ),
        rank=2,
    ),
    Entry(
        key="coroutine-awaited-twice",
        title="A coroutine can be awaited only once",
        happened="A coroutine was awaited that had run already.",
        why="A coroutine is one run of a function. Its result is given once; a second `await` finds nothing"
        " left to run.",
        fix="Keep the result; or call the function again. What several should wait for is a task.",
        code="tasks = await store.all()  # keep this\n\njob = asyncio.create_task(store.all())\n"
        "await job, await job       # a task may",
        topic=START,
        url=f"{TASK}#coroutines",
        matchers=(
            Matcher(("RuntimeError",), r"^cannot reuse already awaited coroutine"),
            Matcher(("RuntimeError",), r"^coroutine is being awaited already"),
        ),
    ),
    Entry(
        key="cancel-scope-other-task",
        title="A block was entered in one task and left in another",
        happened="A task group, a timeout or a client of AnyIO was opened by one task and closed by another:"
        " “cancel scope in a different task”.",
        why="Often a fixture or a generator with `yield` inside such a block: what runs its end is another"
        " task.",
        fix="Open and close it in the same task: `async with` inside one function, no `yield` in its middle.",
        code="async def main():\n    async with anyio.create_task_group() as group:\n        ...",
        topic=TESTS,
        url="https://anyio.readthedocs.io/en/stable/cancellation.html#avoiding-cancel-scope-stack-corruption",
        matchers=(Matcher(("RuntimeError",), r"exit (a )?cancel scope"),),
    ),
    Entry(
        key="different-loop",
        title="Something made in one event loop is used in another",
        happened="A connection, a pool, a task, or a queue, lock or semaphore belongs to the event loop"
        " (what runs coroutines) in which it first waited. Another loop used it.",
        why="Each `asyncio.run()`, and by default each test, has its own loop. An engine of a module keeps"
        " connections of the first. asyncpg notices at once, aiosqlite and psycopg when the pool makes one"
        " wait.",
        fix="Make it inside the loop that uses it: an engine in a fixture or a lifespan, a queue or a"
        " semaphore in the `async def`.",
        code="@pytest_asyncio.fixture\nasync def engine():\n    engine = create_async_engine(url)\n"
        "    yield engine\n    await engine.dispose()",
        topic=TESTS,
        url=LOOPS,
        matchers=(
            Matcher(
                ("RuntimeError",),
                r"attached to a different (event )?loop|bound to a different event loop"
                r"|belongs to a different (event )?loop",
            ),
        ),
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
        url=LOOPS,
        matchers=(Matcher(("RuntimeError",), r"^Event loop is closed"),),
    ),
)
