"""What SQLite, PostgreSQL and their drivers insist on, each in its own way."""

from todo_lib.lab.errors.model import Entry, Matcher
from todo_lib.lab.errors.topics import ENDPOINTS, FACTORY, POSTGRES, TESTS, UNDER_LOAD

SQLITE = "https://docs.sqlalchemy.org/en/21/dialects/sqlite.html"

ENTRIES = (
    Entry(
        key="database-locked",
        title="SQLite: database is locked",
        happened="Another connection is writing, and SQLite lets one writer in at a time.",
        why="Either it did not finish within the timeout; or this transaction began by reading, others have"
        " written since, and SQLite refuses at once, whatever the timeout.",
        fix="Read with `with_for_update=True` what you will write: after `prepare_sqlite` such a transaction"
        " begins with BEGIN IMMEDIATE. And keep transactions short.",
        code="prepare_sqlite(engine.sync_engine)  # todo_lib/sqlite.py\n"
        "task = await session.get(Task, id, with_for_update=True)",
        topic=UNDER_LOAD,
        url="https://www.sqlite.org/rescode.html#busy",
        matchers=(Matcher(("OperationalError",), r"database (table )?is locked"),),
    ),
    Entry(
        key="lost-update",
        title="A lost update: two changes, one survives",
        happened="Two tasks read the same row, both changed it in Python,"
        " and the second write replaced the first.",
        why="Between reading and writing there is an `await`, and there others run. SQLite's driver begins"
        " the transaction at the first write, too late to protect what was read.",
        fix="Let the database calculate; or lock the row when you read it."
        " On SQLite that lock needs `prepare_sqlite`.",
        code="await session.execute(update(Task).values(count=Task.count + 1))\n"
        "task = await session.get(Task, id, with_for_update=True)",
        topic=UNDER_LOAD,
        url=f"{SQLITE}#sqlite-enabling-transactions",
        notice="Count: let several tasks add one to the same row with `gather`, then read the sum.",
    ),
    Entry(
        key="foreign-keys-off",
        title="SQLite accepts a foreign key that points to nothing",
        happened="A row was saved whose parent does not exist.",
        why="SQLite checks foreign keys only if each connection asks for it. PostgreSQL always does.",
        fix="Switch it on for every new connection; `prepare_sqlite` does.",
        code='@event.listens_for(engine.sync_engine, "connect")\ndef set_up(connection, record):\n'
        '    cursor = connection.cursor()\n    cursor.execute("PRAGMA foreign_keys = ON")\n'
        "    cursor.close()",
        topic=FACTORY,
        url=f"{SQLITE}#sqlite-foreign-keys",
        notice="Save an orphan in a test: it must raise IntegrityError."
        " `PRAGMA foreign_key_check` finds old ones.",
    ),
    Entry(
        key="memory-shared",
        title="Sessions on `:memory:` share one connection and one transaction",
        happened="One session saw what another had not committed, and a rollback of the one threw away the"
        " work of the other.",
        why="An in-memory database lives in one connection. So all sessions get the same, and with it the"
        " same transaction.",
        fix="Use a file, in a temporary folder,"
        " as soon as two sessions are open at once. It is hardly slower.",
        code='create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/test.db")',
        topic=TESTS,
        url=f"{SQLITE}#aiosqlite-memory",
        notice="Tests of transactions pass that should fail, or rows vanish. Ask from a second session.",
    ),
    Entry(
        key="unclosed-aiosqlite",
        title="A connection of aiosqlite is not closed, and the program does not end",
        happened="The last line has run, and Python waits: each connection of aiosqlite has a thread of its"
        " own that ends when the connection is closed.",
        why="`aiosqlite.connect` outside `async with` needs a `close`. An engine's connections are closed by"
        " `dispose`.",
        fix="Use `async with`; for an engine, `await engine.dispose()` at the end.",
        code="async with aiosqlite.connect(path) as connection:\n    ...",
        topic=FACTORY,
        url="https://aiosqlite.omnilib.dev/en/stable/api.html#aiosqlite.Connection.close",
        matchers=(Matcher(("ResourceWarning",), r"aiosqlite\..*was deleted before being closed"),),
        notice="The program hangs at its end."
        " Sometimes a ResourceWarning tells that a connection was not closed.",
    ),
    Entry(
        key="no-such-table",
        title="The table or the column does not exist",
        happened="The database does not know a table or a column that your model describes.",
        why="The tables were not created in this database; or the file is older than the model: `create_all`"
        " adds missing tables, it never changes existing ones.",
        fix="Create the tables at the start, and check that the URL names the file you mean. While you learn,"
        " delete an old file; later, use Alembic.",
        code="async with engine.begin() as connection:\n"
        "    await connection.run_sync(Base.metadata.create_all)",
        topic=FACTORY,
        url="https://docs.sqlalchemy.org/en/21/core/metadata.html#creating-and-dropping-database-tables",
        matchers=(
            Matcher(("OperationalError",), r"no such (table|column)|has no column named"),
            Matcher(("ProgrammingError",), r"(relation|column) (?!\"rowid\")\S+ .*does not exist"),
        ),
    ),
    Entry(
        key="another-operation",
        title="asyncpg: another operation is in progress",
        happened="A connection of asyncpg was asked for a second thing before the first was done.",
        why="Two tasks share the connection; or an earlier error, often one about event loops, left it in the"
        " middle of something.",
        fix="Give each task a connection or session of its own."
        " If an error about loops came first, repair that one.",
        topic=POSTGRES,
        url="https://magicstack.github.io/asyncpg/current/usage.html#connection-pools",
        matchers=(Matcher(message="another operation is in progress"),),
    ),
    Entry(
        key="aware-datetime",
        title="asyncpg: a time with a zone for a column without one",
        happened="You gave a datetime with a time zone to a column without one, or the other way round.",
        why="`Mapped[datetime]` alone makes a column without a zone. asyncpg refuses to mix; SQLite and"
        " psycopg silently drop or shift the zone.",
        fix="Declare the column with a zone, and use times with a zone everywhere.",
        code="due: Mapped[datetime] = mapped_column(DateTime(timezone=True))\nnow = datetime.now(UTC)",
        topic=POSTGRES,
        url="https://magicstack.github.io/asyncpg/current/usage.html#type-conversion",
        matchers=(
            Matcher(("DBAPIError", "DataError"), "can't subtract offset-naive and offset-aware datetimes"),
        ),
        notice="With SQLite or psycopg there is no error: save a time with a zone, read it back, compare.",
    ),
    Entry(
        key="aborted-transaction",
        title="PostgreSQL: current transaction is aborted",
        happened="An earlier statement of this transaction failed."
        " Until it ends, PostgreSQL refuses all that follows.",
        why="A transaction is done as a whole or not at all. SQLite undoes only the statement that failed,"
        " and goes on.",
        fix="Let the error end the transaction;"
        " or put what may fail into a savepoint: it can be undone alone.",
        code="try:\n    async with session.begin_nested():\n        session.add(task)\n"
        "except IntegrityError:\n    skipped.append(task.name)",
        topic=POSTGRES,
        url="https://docs.sqlalchemy.org/en/21/orm/session_transaction.html#using-savepoint",
        matchers=(Matcher(("DBAPIError",), "current transaction is aborted"),),
        notice="If every error is caught, only the commit is left: it raises nothing and saves nothing.",
    ),
    Entry(
        key="only-in-sqlite",
        title="PostgreSQL does not know what SQLite lets you write",
        happened="A function, an operator or a column of this statement exists in SQLite only, or takes other"
        " types there.",
        why="In SQLite a boolean is a number and a date is a text;"
        " it has functions and a `rowid` of its own.",
        fix="Say it with the columns and types of your model, and let SQLAlchemy write the SQL.",
        code="func.count().filter(Task.done)  # not func.sum(Task.done)\n"
        "func.coalesce(value, 0)         # not func.ifnull(value, 0)\n"
        "select(Task).order_by(Task.id)  # not rowid",
        topic=POSTGRES,
        url="https://www.sqlite.org/datatype3.html",
        matchers=(
            Matcher(
                ("ProgrammingError",), r"(function|operator) .*does not exist|column \"rowid\" does not exist"
            ),
        ),
    ),
    Entry(
        key="too-many-clients",
        title="PostgreSQL: sorry, too many clients already",
        happened="The server has as many connections as it allows, a hundred by default. A database and a"
        " user can have limits of their own.",
        why="Usually an engine is made per request or per test and never disposed"
        " of: each keeps connections of its own.",
        fix="Make one engine when the application starts, share it, dispose of it at the end.",
        code="@asynccontextmanager\nasync def lifespan(app):\n    engine = create_async_engine(url)\n"
        "    app.state.factory = async_sessionmaker(engine)\n    yield\n    await engine.dispose()",
        topic=ENDPOINTS,
        url="https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-MAX-CONNECTIONS",
        matchers=(Matcher(message="too many clients already|too many connections for (database|role)"),),
    ),
)
