"""Engines, drivers and the pool."""

from todo_lib.lab.errors.model import Entry, Matcher
from todo_lib.lab.errors.topics import FACTORY, UNDER_LOAD

ASYNCIO = "https://docs.sqlalchemy.org/en/21/orm/extensions/asyncio.html"

ENTRIES = (
    Entry(
        key="create-all-on-async-engine",
        title="`create_all` on an asynchronous engine",
        happened="`metadata.create_all` is a synchronous function and"
        " cannot use an asynchronous engine or connection.",
        why="It has no asynchronous version. `run_sync` gives it a synchronous connection and waits for it.",
        fix="Hand it to `run_sync`, without calling it.",
        code="async with engine.begin() as connection:\n"
        "    await connection.run_sync(Base.metadata.create_all)",
        topic=FACTORY,
        url=f"{ASYNCIO}#session-run-sync",
        matchers=(Matcher(("AttributeError",), r"'Async\w+' object has no attribute '_run_ddl_visitor'"),),
    ),
    Entry(
        key="create-all-called",
        title="`create_all` was called, where it must be handed over",
        happened="`run_sync(metadata.create_all())` calls `create_all` first, without a connection.",
        why="`run_sync` wants the function itself: it calls it,"
        " with a synchronous connection as its argument.",
        fix="Hand `create_all` over without parentheses.",
        code="async with engine.begin() as connection:\n"
        "    await connection.run_sync(Base.metadata.create_all)",
        topic=FACTORY,
        url=f"{ASYNCIO}#synopsis-core",
        matchers=(
            Matcher(
                ("TypeError",), r"MetaData\.create_all\(\) missing 1 required positional argument: 'bind'"
            ),
        ),
    ),
    Entry(
        key="create-all-in-session",
        title="`create_all` was given a session",
        happened="`create_all` cannot use a session. `run_sync` of an asynchronous session hands one over.",
        why="What `run_sync` hands over is what it belongs to, made synchronous: a connection's hands over a"
        " connection.",
        fix="A session hands over a session. Open a connection: `engine.begin()`; a factory's engine is"
        ' `factory.kw["bind"]`.',
        code="async with engine.begin() as connection:\n"
        "    await connection.run_sync(Base.metadata.create_all)",
        topic=FACTORY,
        url=f"{ASYNCIO}#sqlalchemy.ext.asyncio.AsyncSession.run_sync",
        matchers=(Matcher(("AttributeError",), r"'Session' object has no attribute '_run_ddl_visitor'"),),
    ),
    Entry(
        key="sync-engine-of-sync-engine",
        title="`sync_engine` of an engine that is synchronous itself",
        happened="You asked a synchronous engine for the synchronous engine inside it.",
        why="`create_engine` makes a synchronous engine,"
        " `create_async_engine` one that has such an engine inside.",
        fix="Only an asynchronous engine has `sync_engine`: look at the line that makes it.",
        code="engine = create_async_engine(url)\nprepare_sqlite(engine.sync_engine)",
        topic=FACTORY,
        url=f"{ASYNCIO}#using-events-with-the-asyncio-extension",
        matchers=(Matcher(("AttributeError",), r"'Engine' object has no attribute 'sync_engine'"),),
    ),
    Entry(
        key="engine-has-no-close",
        title="An engine is not closed, but disposed of",
        happened="You called `close` on an engine.",
        why="An engine is no connection. It keeps a pool of them, and `dispose` closes what is in the pool.",
        fix="`await engine.dispose()`; a synchronous engine needs no `await`.",
        code="await engine.dispose()",
        topic=FACTORY,
        url=f"{ASYNCIO}#synopsis-core",
        matchers=(Matcher(("AttributeError",), r"'(Async)?Engine' object has no attribute '(a?close)'"),),
    ),
    Entry(
        key="sync-driver",
        title="A synchronous driver in the URL of an asynchronous engine",
        happened="`create_async_engine` was given a URL whose driver cannot be awaited.",
        why="The part before `://` names database and driver. `sqlite://` alone means the synchronous driver"
        " of the standard library.",
        fix="Name the asynchronous driver.",
        code='create_async_engine("sqlite+aiosqlite:///todo.db")\ncreate_async_engine("postgresql+asyncpg://…")',
        topic=FACTORY,
        url=f"{ASYNCIO}#synopsis-core",
        matchers=(
            Matcher(("InvalidRequestError",), "The asyncio extension requires an async driver"),
            Matcher(("AwaitRequired",)),
        ),
    ),
    Entry(
        key="greenlet-not-installed",
        title="The package greenlet is not installed",
        happened="SQLAlchemy's asynchronous part needs the package greenlet and did not find it.",
        why="It lets SQLAlchemy's synchronous inside wait for an asynchronous driver. SQLAlchemy 2.1 installs"
        " it only on request; 2.0 brings it along on most machines.",
        fix="Install SQLAlchemy with its extra, then restart the kernel.",
        code='pip install "sqlalchemy[asyncio]"',
        topic=FACTORY,
        url=f"{ASYNCIO}#asyncio-install",
        matchers=(
            Matcher(("ImportError",), "requires that the Python 'greenlet' library is installed"),
            Matcher(("ValueError",), "the greenlet library is required"),
        ),
    ),
    Entry(
        key="pool-exhausted",
        title="All connections of the pool are in use",
        happened="The pool keeps connections to lend them."
        " A task waited for a free one until the timeout was over.",
        why="More tasks hold a session at the same time than the pool has connections; or sessions are held"
        " too long, or never closed.",
        fix="Hold a session for the database work only."
        " Limit how many tasks run at once; enlarge the pool last.",
        code="limit = asyncio.Semaphore(10)\n\nasync with limit, factory() as session:\n    ...",
        topic=UNDER_LOAD,
        url="https://docs.sqlalchemy.org/en/21/errors.html#error-3o7r",
        matchers=(Matcher(("TimeoutError",), r"QueuePool limit of size \d+ overflow \d+ reached"),),
    ),
    Entry(
        key="model-defined-twice",
        title="A model is defined twice",
        happened="The cell with a model was run again, and its table is in `Base.metadata` already.",
        why="A class can be replaced in a notebook, but the metadata remember every table they were told of.",
        fix="Keep models in a module and import them; or restart the kernel.",
        code="from todo_lib.entities import Task",
        topic=FACTORY,
        url="https://docs.sqlalchemy.org/en/21/core/metadata.html#sqlalchemy.schema.Table.params.extend_existing",
        matchers=(
            Matcher(("InvalidRequestError",), "is already defined for this MetaData instance"),
            Matcher(("SAWarning",), "already contains a class with the same class name and module name"),
        ),
    ),
    Entry(
        key="async-not-inspected",
        title="Reflection needs a synchronous connection: `run_sync` gives one",
        happened="`inspect`, `MetaData.reflect` or `autoload_with` was given an asynchronous engine or"
        " connection: “Inspection on an AsyncEngine is currently not supported”.",
        why="These functions send queries and cannot await. `run_sync` calls them with a synchronous"
        " connection, and waits.",
        fix="Put it into a function, and hand that to `run_sync`.",
        code="async with engine.connect() as connection:\n"
        "    names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())",
        topic=FACTORY,
        url=f"{ASYNCIO}#session-run-sync",
        matchers=(Matcher(("NoInspectionAvailable",), r"^Inspection on an Async\w+ is currently not"),),
    ),
    Entry(
        key="events-are-synchronous",
        title="Events are listened to on the synchronous object inside",
        happened="`event.listen` was given an asynchronous engine, connection, session or factory.",
        why="Listeners are plain functions, called in the middle of synchronous code. They belong to the"
        " engine or session inside.",
        fix="Name `engine.sync_engine`; for sessions, the class `Session`.",
        code='@event.listens_for(engine.sync_engine, "connect")\ndef set_up(connection, record): ...\n\n'
        '@event.listens_for(Session, "before_flush")  # or session.sync_session\n'
        "def look(session, context, instances): ...",
        topic=FACTORY,
        url=f"{ASYNCIO}#using-events-with-the-asyncio-extension",
        matchers=(
            Matcher(("NotImplementedError",), r"^asynchronous events are not implemented"),
            Matcher(
                ("InvalidRequestError",),
                r"^No such event '\w+' for target '.*([Aa]sync_?[Ss]ession|AsyncEngine)",
            ),
        ),
    ),
)
