"""What is opened with `with`, and what makes it: synchronous, asynchronous, or neither."""

from todo_lib.lab.errors.model import Entry, Matcher
from todo_lib.lab.errors.predicates import async_generator_given, synchronous_object_awaited
from todo_lib.lab.errors.syntax import awaits_what_is_made_at_once
from todo_lib.lab.errors.topics import ENDPOINTS, FACTORY, FIRST_AWAITS, STORE, SYNC_APP

ASYNCIO = "https://docs.sqlalchemy.org/en/21/orm/extensions/asyncio.html"
ASYNC_WITH = "https://docs.python.org/3/reference/compound_stmts.html#the-async-with-statement"
NO_AWAIT = r"(can't be used in 'await' expression|object can't be awaited)"
SESSION = r"sqlalchemy/orm/session\.py:.*"
FUNCTION = "function|method|type|builtin_function_or_method"
NOT_OPENED = f"{FUNCTION}|coroutine|NoneType|(async_)?generator"  # what is told of elsewhere

OF_A_SESSION = (
    "(execute|scalars?|stream|query|get|get_one|add|add_all|merge|delete|refresh|flush|commit|rollback|begin)"
)

ENTRIES = (
    Entry(
        key="async-with-on-sync",
        title="`async with` or `async for` on a synchronous object",
        happened="`async with` needs an object that can be opened and closed with `await`, `async for` one"
        " that delivers with `await`. This one cannot.",
        why="Three things end here: an engine or session that is still the synchronous one; a block of"
        " `@contextmanager`; and a result that is complete after its `await`.",
        fix="Use the asynchronous class, or the plain `with` and `for`.",
        code="async with async_engine.connect() as connection:\n"
        "    for row in await connection.execute(query):  # no `async for`",
        topic=STORE,
        url=ASYNC_WITH,
        matchers=(
            Matcher(
                ("TypeError",),
                rf"^(?!'({NOT_OPENED})').*does not support the asynchronous context manager protocol",
            ),
            Matcher(
                ("TypeError",),
                rf"'async for' requires an object with __aiter__ method, got (?!({NOT_OPENED})$)",
            ),
        ),
    ),
    Entry(
        key="sync-with-on-async",
        title="A plain `with` on an asynchronous object",
        happened="You opened an asynchronous session, connection or lock with `with`.",
        why="Closing it may talk to the database, and that has to be awaited. A plain `with` cannot wait.",
        fix="Write `async with`.",
        code="async with factory() as session:\n    ...",
        topic=FIRST_AWAITS,
        url=ASYNC_WITH,
        matchers=(
            Matcher(
                ("TypeError",),
                r"'(_?[Aa]sync(?!_generator)\w*|Lock|Semaphore|Condition|TaskGroup|Timeout)' object does not"
                r" support the context manager protocol",
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
        url=f"{ASYNCIO}#sqlalchemy.ext.asyncio.async_sessionmaker",
        matchers=(
            Matcher(("TypeError", "AttributeError"), r"^'(async_)?sessionmaker' object (does not|has no)"),
        ),
        rank=1,
    ),
    Entry(
        key="generator-called",
        title="A function with `yield` was called: that gives a generator, and runs nothing",
        happened="A generator is no session and no block. It can be neither awaited nor opened, and has no"
        " `execute` and no `add`.",
        why="In an endpoint, FastAPI must run it: `Depends` is missing. Anywhere else, in a cell, a script"
        " or a test, the decorator that makes a block of it is missing.",
        fix="In an endpoint: `Depends(get_session)`, without a call. Elsewhere: put `@asynccontextmanager`"
        " above the function (`@contextmanager` if it is a plain `def`).",
        code="async def read(session: Annotated[AsyncSession, Depends(get_session)]): ...\n\n"
        "@asynccontextmanager\nasync def open_session():\n    async with factory() as session:\n"
        "        yield session",
        topic=ENDPOINTS,
        url="https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/",
        matchers=(
            Matcher(("TypeError",), r"'(async_)?generator' object does not support the .*context manager"),
            Matcher(("TypeError",), rf"^(object |')(async_)?generator'? {NO_AWAIT}"),
            Matcher(("AttributeError",), r"^'async_generator' object has no attribute '(?!__)"),
            Matcher(("AttributeError",), rf"^'generator' object has no attribute '{OF_A_SESSION}'$"),
            Matcher(("TypeError",), r"a coroutine was expected, got <async_generator object (?!<genexpr>)"),
            Matcher(("TypeError",), r"awaitable is required", test=async_generator_given),
        ),
        rank=1,
    ),
    Entry(
        key="block-not-opened",
        title="A block that was not opened: `async with` is missing",
        happened="A call to a function under `@asynccontextmanager` makes a block that can be opened. It was"
        " awaited or used as if it were open.",
        why="Only `async with` runs the function up to its `yield`, hands you what that yields, and runs the"
        " rest at the end.",
        fix="Open it: `async with … as session:`.",
        code="async with open_session() as session:\n    ...",
        topic=FIRST_AWAITS,
        url=ASYNC_WITH,
        matchers=(
            Matcher(("TypeError",), rf"_AsyncGeneratorContextManager'? {NO_AWAIT}"),
            Matcher(("AttributeError",), r"^'_(Async)?GeneratorContextManager' object has no attribute"),
        ),
        rank=1,
    ),
    Entry(
        key="open-without-call",
        title="A function where something to open should be: the parentheses are missing",
        happened="`with`, `async with` or `async for` was given a function, a method or a class itself.",
        why="Only the call gives you what can be opened or read.",
        fix="Call it: `engine.connect()`, not `engine.connect`.",
        code="async with engine.connect() as connection:\n    ...",
        topic=FIRST_AWAITS,
        url=ASYNC_WITH,
        matchers=(
            Matcher(("TypeError",), rf"^'({FUNCTION})' object does not support the .*context manager"),
            Matcher(("TypeError",), rf"'async for' requires .* got ({FUNCTION})$"),
        ),
    ),
    Entry(
        key="none-opened",
        title="None, where something to open should be",
        happened="`with` or `async with`, or `async for`, was given None.",
        why="The call in this line returned None: a function without `return` does. Or the name was never"
        " set.",
        fix="Look at the function that should return it: is a `return` missing?",
        code="def open_session():\n    return factory()  # not only `factory()`",
        topic=FIRST_AWAITS,
        url=ASYNC_WITH,
        matchers=(
            Matcher(("TypeError",), r"^'NoneType' object does not support the .*context manager protocol"),
            Matcher(("TypeError",), r"'async for' requires an object with __aiter__ method, got NoneType"),
        ),
    ),
    Entry(
        key="sync-session-awaited",
        title="The session or connection is a synchronous one: it cannot be awaited",
        happened="A `Session`, or a synchronous connection, was used as an asynchronous one: with `await`, or"
        " with a method that only an asynchronous one has.",
        why="`sessionmaker` and `create_engine` make synchronous objects. Their methods return at once, and"
        " stop everybody meanwhile. `AsyncSession` has methods of the same names.",
        fix="Make the session with `async_sessionmaker`, on an engine of `create_async_engine`.",
        code="engine = create_async_engine(url)\n"
        "factory = async_sessionmaker(engine, expire_on_commit=False)",
        topic=FACTORY,
        url=f"{ASYNCIO}#synopsis-orm",
        matchers=(
            Matcher(("TypeError",), NO_AWAIT, test=synchronous_object_awaited),
            Matcher(
                ("AttributeError",),
                r"^'(Session|Connection)' object has no attribute '(run_sync|stream\w*|aclose|sync_\w+)'",
            ),
        ),
        rank=2,
    ),
    Entry(
        key="sync-session-async-engine",
        title="A synchronous session on an asynchronous engine",
        happened="A `Session` asked its engine for a connection. An asynchronous engine gives one only after"
        " an `await`, and `Session` never awaits.",
        why="`sessionmaker` and `Session` are synchronous, whatever engine you give them. An `await` of yours"
        " does not change that.",
        fix="Use `async_sessionmaker`, or `AsyncSession`.",
        code="factory = async_sessionmaker(engine, expire_on_commit=False)\n"
        "async with factory() as session:\n    await session.execute(query)",
        topic=FACTORY,
        url=f"{ASYNCIO}#sqlalchemy.ext.asyncio.async_sessionmaker",
        matchers=(
            Matcher(("AsyncContextNotStarted",), call=SESSION),
            Matcher(("AttributeError",), r"^'AsyncConnection' object has no attribute", SESSION),
        ),
        rank=2,
    ),
    Entry(
        key="connection-not-started",
        title="The connection was not opened: `await` or `async with` is missing",
        happened="You used what `engine.connect()` returns before it was opened.",
        why="`connect()` of an asynchronous engine only prepares a connection. `async with` opens it, and"
        " closes it at the end.",
        fix="Open it with `async with`.",
        code="async with engine.connect() as connection:\n    await connection.execute(query)",
        topic=STORE,
        url=f"{ASYNCIO}#synopsis-core",
        matchers=(Matcher(("AsyncContextNotStarted",)),),
    ),
    Entry(
        key="async-session-sync-engine",
        title="An asynchronous session needs an asynchronous engine",
        happened="`AsyncSession`, or the factory that makes it, was given something else: “AsyncEngine"
        " expected, got …” names it.",
        why="An engine of `create_engine`, the `sync_engine` inside an asynchronous one, a synchronous"
        " connection or a URL: none of them can be awaited.",
        fix="Give it what `create_async_engine` makes, and name an asynchronous driver in the URL.",
        code='engine = create_async_engine("sqlite+aiosqlite:///todo.db")',
        topic=FACTORY,
        url=f"{ASYNCIO}#synopsis-orm",
        matchers=(Matcher(("ArgumentError",), r"^Async(Engine|Connection) expected, got"),),
    ),
    Entry(
        key="statement-awaited",
        title="A statement does nothing by itself: the session must execute it",
        happened="`await` stands before a statement, as `select(…)` or `text(…)`.",
        why="`select` only writes the SQL down. A session or a connection sends it, and that is awaited.",
        fix="Hand it to the session: `await session.scalars(select(Task))`.",
        code="tasks = (await session.scalars(select(Task))).all()",
        topic=STORE,
        url=f"{ASYNCIO}#sqlalchemy.ext.asyncio.AsyncSession.execute",
        matchers=(
            Matcher(
                ("TypeError",), rf"\b(Select|Insert|Update|Delete|TextClause|CompoundSelect)'? {NO_AWAIT}"
            ),
        ),
        rank=1,
    ),
    Entry(
        key="plain-for-on-async",
        title="A plain `for` on a result that is streamed",
        happened="`session.stream(…)` gives a result whose rows come one by one. Each of them must be"
        " awaited.",
        why="A plain `for`, `list` or an index cannot wait.",
        fix="Write `async for`; or `await` its methods, as `await result.all()`.",
        code="async for task in await session.stream_scalars(select(Task)):\n    ...",
        topic=STORE,
        url=f"{ASYNCIO}#sqlalchemy.ext.asyncio.AsyncSession.stream",
        matchers=(
            Matcher(("TypeError",), r"^'Async\w*Result' object is not (iterable|subscriptable|an iterator)"),
        ),
    ),
    Entry(
        key="decorator-does-not-fit",
        title="`@contextmanager` is for `def`, `@asynccontextmanager` for `async def`",
        happened="The decorator and the function under it do not fit, or the function has no `yield`.",
        why="Both decorators run the function up to its one `yield`. A plain one cannot run an `async def`,"
        " the asynchronous one nothing else.",
        fix="Over an `async def` write `@asynccontextmanager`, and `yield` in the function, not `return`.",
        code="@asynccontextmanager\nasync def open_session():\n    async with factory() as session:\n"
        "        yield session",
        topic=ENDPOINTS,
        url=ASYNC_WITH,
        matchers=(
            Matcher(("TypeError",), r"object is not an (async )?iterator", r"contextlib\.py:__a?enter__"),
        ),
        rank=3,
    ),
    Entry(
        key="engine-awaited",
        title="An engine, a factory or a session is not awaited",
        happened="`await` stands before what makes an engine, a factory or a session, or before the thing"
        " itself.",
        why="`create_async_engine`, `async_sessionmaker` and `factory()` only make an object. Nothing is"
        " connected yet, so there is nothing to wait for, also in a plain `def`.",
        fix="Remove this `await`. A session is opened with `async with`.",
        code="engine = create_async_engine(url)\nasync with factory() as session:\n    ...",
        topic=FACTORY,
        url=f"{ASYNCIO}#synopsis-orm",
        matchers=(
            Matcher(
                ("TypeError",),
                rf"(AsyncEngine|async_sessionmaker|AsyncSession|async_scoped_session)'? {NO_AWAIT}",
            ),
            Matcher(("SyntaxError",), r"^'await' outside", test=awaits_what_is_made_at_once),
        ),
        rank=3,
    ),
    Entry(
        key="sqlmodel-exec",
        title="`exec` is a method of SQLModel's session, not of SQLAlchemy's",
        happened="You called `session.exec(…)` on a session that SQLAlchemy made.",
        why="SQLModel adds `exec` to sessions of its own. SQLAlchemy's have `execute`, which gives rows, and"
        " `scalars`, which gives objects.",
        fix="Write `await session.scalars(query)`; without `await` in a synchronous session.",
        code="tasks = (await session.scalars(select(Task))).all()",
        topic=SYNC_APP,
        url=f"{ASYNCIO}#sqlalchemy.ext.asyncio.AsyncSession.execute",
        matchers=(Matcher(("AttributeError",), r"^'(Async)?Session' object has no attribute 'exec'"),),
    ),
)
