"""Errors in groups, what is still open, and the names that a reset takes away."""

from . import Scene

GROUPS = {
    "a task of a group": Scene(
        """
        async def read(n):
            found = n
            return found / 0
        # then
        async with asyncio.TaskGroup() as group:
            group.create_task(read(1))
        """,
        shows=("line 3: `return found / 0`", "ZeroDivisionError: division by zero"),
        hides=("Traceback", "`async with"),
    ),
    "a known error in a group": Scene(
        """
        async def use():
            len(work())
        # then
        async with asyncio.TaskGroup() as group:
            group.create_task(use())
        """,
        shows=("`len(work())`", "an `await` is missing"),
        hides=("Traceback", "`async with"),
        notes=0,
    ),
    "a group in a group": Scene(
        """
        async with asyncio.TaskGroup() as outer:
            async def inner():
                async with asyncio.TaskGroup() as group:
                    group.create_task(fail())
            outer.create_task(inner())
        """,
        shows=("`raise ValueError(words)`", "ValueError: lost"),
        hides=("Traceback",),
    ),
    "a group raised by hand": Scene(
        "raise ExceptionGroup('both', [ValueError('a'), TypeError('b')])",
        shows=("both", "ValueError: a", "TypeError: b"),
        hides=("Traceback",),
    ),
    "raised while a group was handled": Scene(
        """
        try:
            raise ExceptionGroup('both', [ValueError('a')])
        except* ValueError:
            1 / 0
        """,
        shows=("ZeroDivisionError",),
        hides=("Traceback",),
    ),
    "a middleware": Scene(
        """
        import fastapi, httpx
        app = fastapi.FastAPI()
        @app.middleware('http')
        async def pass_on(request, call_next):
            return await call_next(request)
        @app.get('/')
        async def read():
            return {}['missing']
        # then
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url='http://test') as client:
            await client.get('/')
        """,
        shows=("KeyError: 'missing'", "`return {}['missing']`"),
        hides=("Traceback",),
    ),
    "in full on request": Scene(
        """
        raise ExceptionGroup('both', [ValueError('a')])
        # then
        %tb Context
        """,
        shows=("Traceback",),
    ),
    "an ordinary error is as it was": Scene(
        "1 / 0",
        shows=("ZeroDivisionError: division by zero",),
        hides=("Traceback",),
    ),
}
OPEN = {
    "a session": Scene(
        """
        await session.close()
        await session.execute(text('select 1'));
        # then
        await engine.dispose()
        open_things()
        """,
        shows=("`session`", "`await session.execute(text('select 1'));`", "sqlite+aiosqlite:///…/held.db"),
        hides=("not disposed",),
    ),
    "a session under no name": Scene(
        """
        await session.close()
        shelf = {'s': factory()}
        await shelf['s'].execute(text('select 2'));
        # then
        open_things()
        """,
        shows=("session", "`await shelf['s'].execute(text('select 2'));`"),
    ),
    "a connection": Scene(
        """
        await shelf['s'].close()
        connection = await engine.connect()
        # then
        open_things()
        """,
        shows=("`connection = await engine.connect()`",),
        hides=("session",),
    ),
    "an engine": Scene(
        """
        await connection.close()
        # then
        open_things()
        """,
        shows=("engine not disposed: sqlite+aiosqlite:///…/held.db holds 1",),
        hides=("session",),
    ),
    "in memory": Scene(
        """
        async with memory.connect() as connection:
            pass
        await engine.dispose()
        open_things()
        """,
        shows=("engine not disposed: sqlite+aiosqlite, in memory",),
        hides=("None", "held.db"),
    ),
    "several sessions": Scene(
        """
        shelf = [factory() for _ in range(3)]
        for each in shelf: await each.execute(text("select 1"))
        each = None
        open_things()
        # then
        for each in shelf: await each.close()
        await engine.dispose()
        await memory.dispose()
        open_things()
        """,
        shows=("nothing is left open",),
    ),
    "a session of a store, and a dispose that comes too early": Scene(
        """
        store = type("Store", (), {})()
        store.session = factory()
        await store.session.execute(text("select 3"))
        await engine.dispose()
        print(open_things())
        await store.session.close()
        open_things()
        """,
        shows=("session not closed", "got it back after `dispose`"),
        hides=("engine not disposed",),
    ),
    "a connection for all": Scene(
        """
        one, other = factory(bind=memory), factory(bind=memory)
        await one.execute(text("select 1"))
        await other.execute(text("select 1"))
        await one.close()
        await engine.dispose()
        open_things()
        # then
        await other.close()
        await memory.dispose()
        open_things()
        """,
        shows=("nothing is left open",),
    ),
    "one of two that share": Scene(
        """
        one, other = factory(bind=memory), factory(bind=memory)
        await one.execute(text("select 1"))
        await other.execute(text("select 1"))
        await one.close()
        open_things()
        """,
        shows=("session `other` not closed",),
        hides=("`one`", "not disposed"),
    ),
    "a raw connection": Scene(
        """
        await other.close()
        await memory.dispose()
        async with engine.connect():
            pass
        raw = await engine.raw_connection()
        open_things()
        """,
        shows=("connection not closed: it belongs to sqlite+aiosqlite:///…/held.db, since `raw =",),
    ),
    "and back": Scene(
        """
        async with engine.connect() as connection:
            await connection.run_sync(lambda _: raw.close())
        raw = None
        await engine.dispose()
        open_things()
        """,
        shows=("nothing is left open",),
    ),
    "nothing": Scene(
        """
        await memory.dispose()
        folder.cleanup()
        open_things()
        """,
        shows=("nothing is left open",),
    ),
}
RESET = {
    "the names come back": Scene(
        """
        %reset -f
        # then
        %load_ext todo_lib.lab
        ____, errors, explain;
        # then
        ____
        """,
        shows=("not started",),
        hides=("already loaded", "NameError"),
    ),
    "loaded again and again": Scene(
        """
        %load_ext todo_lib.lab
        # then
        %reload_ext todo_lib.lab
        # then
        async def work(): pass
        work()
        """,
        shows=("! not awaited",),
        notes=1,
    ),
}
