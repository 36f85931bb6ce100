"""What is said of coroutines that nobody awaited: once, with its cause, by one voice."""

from . import Scene

ONE_NOTE = {
    "a loop": Scene(
        """
        for n in range(500):
            work(n)
        """,
        shows=("line 2: `work(n)` (500 times)",),
        notes=1,
    ),
    "a comprehension": Scene(
        "[work(n) for n in range(30)];",
        shows=("(30 times)",),
        notes=1,
    ),
    "one line, several calls": Scene(
        """
        work(1), work(2);
        # then
        1
        """,
        notes=1,
    ),
    "a key for sorted": Scene(
        "sorted([2, 1], key=work)",
        shows=("coroutine",),
        notes=0,
    ),
    "from two cells deep": Scene(
        """
        def start(n):
            work(n)
        # then
        for n in range(7):
            start(n)
        """,
        shows=("`work(n)` (7 times)",),
        notes=1,
    ),
    "timeit": Scene(
        "%timeit -n 1000 -r 2 work(1)",
        shows=("work(1)", "times)"),
        notes=1,
    ),
    "failed tasks": Scene(
        """
        for n in range(40):
            asyncio.create_task(fail(f'lost {n}'))
        await asyncio.sleep(0)
        # then
        await asyncio.sleep(0)
        """,
        hides=("lost 39",),
    ),
    "two coroutines, one mistake": Scene(
        """
        asyncio.wait_for(work(), 1);
        1
        """,
        hides=("times",),
        notes=1,
    ),
    "a magic": Scene("%time work(1);", shows=("this cell, line 1: `%time work(1);`",), notes=1),
    "exec": Scene('for n in range(300): exec("work()")', shows=("(300 times)", "Put `await`"), notes=1),
    "many lines": Scene(
        "\n".join(f"work({n})" for n in range(500)),
        shows=("and 490 more",),
        notes=10,
    ),
    "many lines and failed tasks": Scene(
        """
        work(0)
        work(1)
        work(2)
        work(3)
        work(4)
        work(5)
        work(6)
        work(7)
        work(8)
        for n in range(9): asyncio.create_task(fail())
        await asyncio.sleep(0)
        """,
        shows=("! task failed", "(9 times)"),
        hides=("more",),
        notes=9,
    ),
}
PANELS = {
    "gather takes no list": Scene(
        "await asyncio.gather([work(), work()])",
        shows=("`*`",),
        hides=("remove",),
        notes=0,
    ),
    "nor a generator": Scene(
        "await asyncio.gather(work(n) for n in (1, 2))",
        shows=("`*`",),
        hides=("Remove",),
        notes=0,
    ),
    "nor a tuple": Scene(
        """
        both = (work(), work())
        await asyncio.gather(both)
        """,
        shows=("`*`",),
        hides=("Remove",),
        notes=0,
    ),
    "nor a map": Scene("await asyncio.gather(map(work, [1, 2]))", shows=("`*`",), hides=("Remove",), notes=0),
    "wait takes tasks": Scene(
        "await asyncio.wait([work()])",
        shows=("asyncio.create_task",),
        notes=0,
    ),
    "wait takes tasks, in a set": Scene(
        "await asyncio.wait({work(), work()})",
        shows=("asyncio.create_task",),
        notes=0,
    ),
    "wait takes no coroutine": Scene(
        "await asyncio.wait(work())",
        shows=("asyncio.create_task",),
        notes=0,
    ),
    "and nothing later": Scene(
        """
        1 / 0
        # then
        1
        # then
        gc.collect();
        """,
        notes=0,
    ),
    "the panel speaks": Scene(
        "session.execute(text('select 1')).scalars()",
        shows=("an `await` is missing",),
        notes=0,
    ),
    "the panel speaks of a line further up": Scene(
        """
        found = work()
        len(found)
        # then
        found = None
        # then
        1
        """,
        notes=0,
    ),
    "the panel speaks of a whole statement": Scene(
        """
        await asyncio.gather([
            work(),
            work(),
        ])
        """,
        shows=("`*`",),
        notes=0,
    ),
    "the panel says where it was made": Scene(
        """
        found = work()
        # then
        len(found)
        """,
        shows=("Made in an earlier cell, line 1: `found = work()`",),
        notes=0,
    ),
    "no panel": Scene(
        """
        import json
        json.dumps(work())
        # then
        1
        # then
        a, b = work()
        """,
        shows=("line 1: `a, b = work()`",),
        hides=("times",),
    ),
    "run": Scene(
        "asyncio.run(work())",
        shows=("is running already",),
        notes=0,
    ),
    "two mistakes": Scene(
        """
        work(1)
        len(work(2))
        """,
        shows=("line 1: `work(1)`", "an `await` is missing"),
        notes=1,
    ),
    "the same mistake again": Scene(
        """
        len(work(2))
        # then
        work(1)
        """,
        shows=("line 1: `work(1)`",),
        notes=1,
    ),
}
