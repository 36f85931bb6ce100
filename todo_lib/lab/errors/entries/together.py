"""Several coroutines at once: what `gather` and `wait` want to be given."""

from todo_lib.lab.errors.model import Entry, Matcher
from todo_lib.lab.errors.predicates import gather_stands_there, gathers_a_collection
from todo_lib.lab.errors.topics import SESSIONS

ENTRIES = (
    Entry(
        key="gather-without-star",
        title="`gather` takes its coroutines one by one: a `*` is missing",
        happened="`asyncio.gather` was given one list, tuple, set or generator, and tried to await that.",
        why="Each argument of `gather` is one thing to wait for. A `*` in front of the list hands over its"
        " elements in its place.",
        fix="Write the `*`: `asyncio.gather(*coroutines)`.",
        code="tasks = await asyncio.gather(*(store.get(id) for id in ids))",
        topic=SESSIONS,
        url="https://docs.python.org/3/library/asyncio-task.html#awaitables",
        matchers=(
            Matcher(("TypeError",), call=r"asyncio/tasks\.py:gather", test=gathers_a_collection),
            # Python 3.11 takes a generator for a coroutine of old, and runs it.
            Matcher(("RuntimeError",), r"^Task got bad yield: <coroutine", test=gather_stands_there),
        ),
        rank=2,
    ),
    Entry(
        key="wait-takes-tasks",
        title="`asyncio.wait` takes a collection of tasks, and no coroutines",
        happened="`asyncio.wait` was given coroutines. It has not started them.",
        why="It returns the same objects that it was given, in two sets: those that are done, and those that"
        " are not. For that they must be tasks.",
        fix="Start tasks first: `asyncio.create_task(…)`. If you only want all results, use"
        " `asyncio.gather`.",
        code="tasks = [asyncio.create_task(store.get(id)) for id in ids]\n"
        "done, pending = await asyncio.wait(tasks)",
        topic=SESSIONS,
        url="https://docs.python.org/3/library/asyncio-task.html#awaitables",
        matchers=(
            Matcher(("TypeError",), r"^Passing coroutines is forbidden"),
            Matcher(("TypeError",), r"^expect a list of futures, not coroutine"),
        ),
        rank=2,
    ),
)
