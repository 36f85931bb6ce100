"""The way to the database: addresses, drivers, servers that are not there or not there any more."""

from todo_lib.lab.errors.model import Entry, Matcher
from todo_lib.lab.errors.topics import FACTORY, POSTGRES, UNDER_LOAD

ASYNCPG = "https://docs.sqlalchemy.org/en/21/dialects/postgresql.html"
URLS = "https://docs.sqlalchemy.org/en/21/core/engines.html#database-urls"
CONNECTS = r"asyncpg/connect_utils\.py:.*"

ENTRIES = (
    Entry(
        key="server-not-reachable",
        title="Nobody answers at this address: is the database server running?",
        happened="The driver found no server at the host and port of the URL: “Connection refused”, a"
        " timeout, or a host whose name is not known.",
        why="Refused: the host is there, and no server listens at this port. Name not known: the host is"
        " spelt wrong, or is the name of a container, which only other containers know.",
        fix="Start the server; compare host and port in the URL. From your own machine a container is"
        " `localhost` and its published port.",
        code='create_async_engine("postgresql+asyncpg://user:password@localhost:5432/todo")',
        topic=POSTGRES,
        url=URLS,
        matchers=(
            Matcher(
                ("ConnectionRefusedError", "FileNotFoundError", "gaierror", "TimeoutError"), call=CONNECTS
            ),
            Matcher(("OSError",), r"Connect call failed|Multiple exceptions", CONNECTS),
            Matcher(
                ("OperationalError",), r"Connection refused|failed to resolve host|could not translate host"
            ),
            Matcher(
                ("OperationalError",),
                r"connection failed: .*(No such file|timeout)|connection timeout expired",
            ),
        ),
    ),
    Entry(
        key="database-or-user-unknown",
        title="The server answers, and refuses: database, user or password",
        happened="The server does not know the database or the user (“role”) of the URL, or the password is"
        " wrong.",
        why="A new server has a database `postgres` and the user that made it. It makes no other by itself.",
        fix="Compare user, password and the last part of the URL with the server's; create the database.",
        code="createdb todo  # in a terminal",
        topic=POSTGRES,
        url=URLS,
        matchers=(
            Matcher(
                ("DBAPIError",), r"(database|role) \"[^\"]*\" does not exist|password authentication failed"
            ),
            Matcher(("PostgresError",), r"(database|role) \"[^\"]*\" does not exist|password authentication"),
        ),
        rank=1,
    ),
    Entry(
        key="cannot-open-file",
        title="SQLite: unable to open database file",
        happened="SQLite could not open or make the file of the URL.",
        why="SQLite makes the file, never its folder; and it must be allowed to write there. A relative path"
        " begins where the program was started.",
        fix="Make the folder, and look at the path: three slashes begin a relative one, four an absolute"
        " one.",
        code="Path('data').mkdir(exist_ok=True)\ncreate_async_engine('sqlite+aiosqlite:///data/todo.db')",
        topic=FACTORY,
        url="https://docs.sqlalchemy.org/en/21/dialects/sqlite.html",
        matchers=(Matcher(("OperationalError",), r"unable to open database file"),),
    ),
    Entry(
        key="unknown-url",
        title="SQLAlchemy does not know the beginning of this URL",
        happened="The part before `://` names a database and a driver. SQLAlchemy knows none of this name;"
        " or the URL could not be read at all.",
        why="`postgres://`, which hosting services give, is an old name. Otherwise it is a typing error, or"
        " the URL is empty: perhaps a variable of the environment is not set.",
        fix="Write `postgresql+asyncpg://…` or `sqlite+aiosqlite:///…`, and print the URL.",
        code="url = os.environ['DATABASE_URL'].replace('postgres://', 'postgresql+asyncpg://', 1)",
        topic=FACTORY,
        url=URLS,
        matchers=(
            Matcher(("NoSuchModuleError",), r"Can't load plugin: sqlalchemy\.dialects:"),
            Matcher(
                ("ArgumentError",),
                r"^Could not parse SQLAlchemy URL|^Expected string or URL object, got None",
            ),
        ),
    ),
    Entry(
        key="driver-not-installed",
        title="The driver that the URL names is not installed",
        happened="The URL names a driver, and Python cannot import it: “No module named …”.",
        why="SQLAlchemy brings no drivers along. Without a `+driver` it takes the database's usual one: for"
        " `postgresql://` psycopg2 in SQLAlchemy 2.0, psycopg in 2.1.",
        fix="Name the driver that you have, an asynchronous one; or install it and restart the kernel.",
        code='create_async_engine("postgresql+asyncpg://…")  # pip install asyncpg',
        topic=FACTORY,
        url=URLS,
        matchers=(
            Matcher(
                ("ModuleNotFoundError",), r"^No module named", r"sqlalchemy/engine/create\.py:create_engine"
            ),
        ),
    ),
    Entry(
        key="sslmode",
        title="asyncpg does not know `sslmode` and other words of the URL",
        happened="What follows `?` in the URL is handed to the driver's `connect`. asyncpg has no such"
        " argument: “unexpected keyword argument”.",
        why="`sslmode` and `channel_binding` are words of libpq, which psycopg uses and hosting services"
        " assume. asyncpg calls it `ssl`.",
        fix="Write `?ssl=require`, and remove `channel_binding`; or use psycopg.",
        code='create_async_engine("postgresql+asyncpg://…/todo?ssl=require")\n'
        'create_async_engine("postgresql+psycopg://…/todo?sslmode=require")',
        topic=POSTGRES,
        url=ASYNCPG,
        matchers=(
            Matcher(
                ("TypeError",), r"^connect\(\) got an unexpected keyword argument", r"dialects/postgresql/.*"
            ),
        ),
    ),
    Entry(
        key="connection-lost",
        title="The connection to the server is gone",
        happened="The connection is closed: the server was restarted, an administrator ended it, something on"
        " the way closed it for being idle; or your own program did.",
        why="The pool lends connections without asking whether they still live. After this error SQLAlchemy"
        " throws the dead one away.",
        fix="Let the pool ask first: `pool_pre_ping=True`. A transaction that was under way must be done"
        " again.",
        code="create_async_engine(url, pool_pre_ping=True)",
        topic=UNDER_LOAD,
        url="https://docs.sqlalchemy.org/en/21/core/pooling.html#disconnect-handling-pessimistic",
        matchers=(
            Matcher(
                ("DBAPIError",), r"terminating connection due to|server closed the connection unexpectedly"
            ),
            Matcher(("DBAPIError",), r"\bconnection is closed|connection was closed in the middle"),
        ),
    ),
    Entry(
        key="cached-plan",
        title="A table was changed under a connection that remembers it",
        happened="asyncpg had prepared this statement, and the table has other columns since: “cached"
        " statement plan is invalid”.",
        why="A migration ran while the application was running. SQLAlchemy throws the old plans away now, so"
        " the next try works.",
        fix="Restart the application after a migration; or do the transaction again.",
        code="await engine.dispose()  # new connections remember nothing",
        topic=POSTGRES,
        url=ASYNCPG,
        matchers=(Matcher(("DBAPIError",), r"cached statement plan is invalid|cached plan must not change"),),
    ),
    Entry(
        key="prepared-statement-exists",
        title="prepared statement … already exists: is PgBouncer in between?",
        happened="The driver prepared a statement under a name that the server's connection already knows.",
        why="PgBouncer, and services like it, lend one server connection to several clients in turn. The"
        " names that each driver counts up then collide.",
        fix="Names of their own for asyncpg, none for psycopg (`prepare_threshold=None`); and `NullPool`:"
        " PgBouncer is the pool.",
        code="create_async_engine(\n    url, poolclass=NullPool,\n"
        '    connect_args={"prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__"},\n)',
        topic=POSTGRES,
        url=ASYNCPG,
        matchers=(
            Matcher(("DBAPIError",), r"prepared statement \"[^\"]+\" (already exists|does not exist)"),
        ),
    ),
    Entry(
        key="two-statements",
        title="One statement at a time",
        happened="The text holds more than one SQL statement: “cannot insert multiple commands into a"
        " prepared statement”.",
        why="asyncpg prepares every statement, psycopg those with values; and only a single one can be"
        " prepared.",
        fix="Call `execute` once for each; all of it is one transaction anyway.",
        code="for statement in statements:\n    await session.execute(text(statement))",
        topic=POSTGRES,
        url="https://magicstack.github.io/asyncpg/current/usage.html",
        matchers=(
            Matcher(("DBAPIError",), r"cannot insert multiple commands into a prepared statement"),
            Matcher(("DBAPIError",), r"You can only execute one statement at a time"),
        ),
    ),
    Entry(
        key="could-not-serialize",
        title="PostgreSQL could not serialize access, or found a deadlock",
        happened="Two transactions were in each other's way, and PostgreSQL ended one of them, this one.",
        why="“could not serialize”: another changed what this one had read. “deadlock detected”: each held a"
        " lock that the other wanted. It is the price of isolation, not a broken database.",
        fix="Do the whole transaction again, in a new session. Against deadlocks: take locks in one order,"
        " by id.",
        code="for attempt in range(3):\n    try:\n        return await transfer()  # opens its own session\n"
        "    except DBAPIError as error:\n        last = error",
        topic=UNDER_LOAD,
        url="https://www.postgresql.org/docs/current/tutorial-transactions.html",
        matchers=(Matcher(("DBAPIError",), r"could not serialize access|deadlock detected"),),
    ),
    Entry(
        key="proactor-loop",
        title="Windows: psycopg cannot use the `ProactorEventLoop`",
        happened="psycopg was to run on the event loop that asyncio uses on Windows by default.",
        why="psycopg waits for its socket in a way that this loop does not offer. asyncpg and aiosqlite do"
        " not mind.",
        fix="Run the program on a `SelectorEventLoop`; in a notebook use asyncpg.",
        code="with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:\n    runner.run(main())",
        topic=POSTGRES,
        url="https://www.psycopg.org/psycopg3/docs/advanced/async.html",
        matchers=(Matcher(message=r"Psycopg cannot use the 'ProactorEventLoop'"),),
    ),
)
