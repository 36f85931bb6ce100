"""An `async def` that other code calls: the advice names that code, not an `await` that cannot help."""

from . import Scene

CALLED_BY_OTHERS = {
    "run_sync": Scene(
        """
        async def count(connection):
            return 1
        # then
        async with engine.connect() as connection:
            await connection.run_sync(count);
        _ = None
        """,
        shows=("`run_sync`",),
        hides=("Put `await`",),
        notes=1,
    ),
    "to_thread": Scene(
        "await asyncio.to_thread(session.commit);",
        shows=("`asyncio.to_thread`", "thread"),
        hides=("Put `await`",),
        notes=1,
    ),
    "to_thread, shown": Scene(
        "await asyncio.to_thread(work)",
        shows=("thread",),
        hides=("Put `await`",),
        notes=1,
    ),
    "a thread": Scene(
        """
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        """,
        shows=("thread",),
        hides=("Put `await`", "outside the notebook"),
        notes=1,
    ),
    "to_thread, and the panel of what follows": Scene(
        """
        found = await asyncio.to_thread(work)
        # then
        found + 1
        """,
        shows=("an `await` is missing", "Here: `work` was handed over to a thread"),
        notes=0,
    ),
    "sorted, and its panel": Scene(
        "sorted([2, 1], key=work)",
        shows=("an `await` is missing", "Here: `work` was handed over to `sorted`"),
        notes=0,
    ),
    "one's own code calls, in one line": Scene(
        """
        async def run(function): function()
        await run(work)
        """,
        shows=("line 1: `async def run(function): function()`", "Put `await` in front"),
        hides=("handed over",),
        notes=1,
    ),
    "a call of one's own, in a thread": Scene(
        """
        def start():
            work(1)
        await asyncio.to_thread(start)
        """,
        shows=("this cell, line 2: `work(1)`",),
        hides=("handed over",),
        notes=1,
    ),
    "a timer": Scene(
        """
        timer = threading.Timer(0, work)
        timer.start()
        timer.join()
        """,
        shows=("thread",),
        hides=("Put `await`",),
        notes=1,
    ),
    "an event listener": Scene(
        """
        @event.listens_for(engine.sync_engine, 'begin')
        async def begun(connection):
            pass
        # then
        async with engine.begin():
            pass
        event.remove(engine.sync_engine, 'begin', begun)
        """,
        shows=("listener", "plain `def`"),
        hides=("Put `await`",),
        notes=1,
    ),
    "a callback of the loop": Scene(
        """
        asyncio.get_running_loop().call_soon(work)
        await asyncio.sleep(0)
        """,
        shows=("callback",),
        hides=("Put `await`",),
        notes=1,
    ),
    "a task's callback": Scene(
        """
        async def done(task):
            pass
        task = asyncio.create_task(work())
        task.add_done_callback(done)
        await task
        await asyncio.sleep(0)
        """,
        shows=("callback",),
        hides=("Put `await`",),
        notes=1,
    ),
    "map": Scene(
        "list(map(work, [1, 2]));",
        shows=("handed over",),
        hides=("Put `await`",),
        notes=1,
    ),
    "to_thread, wrapped": Scene(
        """
        from functools import partial
        await asyncio.to_thread(partial(work, 1));
        1
        """,
        shows=("thread",),
        hides=("Put `await`",),
        notes=1,
    ),
    "a lambda": Scene(
        """
        await session.run_sync(lambda session: work());
        1
        """,
        shows=("A `lambda` that calls `work`", "`session.run_sync`"),
        hides=("Put `await`",),
        notes=1,
    ),
    "a stack of things to close": Scene(
        """
        from contextlib import ExitStack
        with ExitStack() as stack:
            stack.callback(work)
        """,
        shows=("line 3: `stack.callback(work)`", "`stack.callback`"),
        hides=("Put `await`",),
        notes=1,
    ),
    "a default": Scene(
        """
        from collections import defaultdict
        found = defaultdict(work)
        found[1]
        del found
        """,
        shows=("`defaultdict`",),
        hides=("Put `await`",),
    ),
    "a property of one's own": Scene(
        """
        class Store:
            @property
            async def count(self):
                return 1
        Store().count;
        1
        """,
        shows=("Put `await` in front",),
        notes=1,
    ),
    "a call of one's own": Scene(
        """
        work(1);
        _ = None
        """,
        shows=("Put `await` in front of the call.",),
        notes=1,
    ),
    "a call under another name": Scene(
        """
        do = work
        do(1);
        _ = None
        """,
        shows=("Put `await` in front of the call.",),
        notes=1,
    ),
}
