"""One session in several tasks; transactions that are over, or not yet."""

from todo_lib.lab.errors.model import Entry, Matcher
from todo_lib.lab.errors.topics import SESSIONS, STORE, SYNC_APP, TESTS

BASICS = "https://docs.sqlalchemy.org/en/21/orm/session_basics.html"
ISCE = "https://docs.sqlalchemy.org/en/21/errors.html#error-isce"
ONE_PER_TASK = """\
async def one(id):
    async with factory() as session:
        return await session.get(Task, id)

await asyncio.gather(one(1), one(2))"""

ENTRIES = (
    Entry(
        key="shared-session-cold",
        title="Two tasks use one session: it is just getting its connection",
        happened="A second task asked the session for something while"
        " the first was still waiting for a connection.",
        why="A session is one transaction on one connection: it belongs to one task. With a connection in the"
        " pool the same code raises nothing and simply waits in line.",
        fix="Give each task a session of its own.",
        code=ONE_PER_TASK,
        topic=SESSIONS,
        url="https://docs.sqlalchemy.org/en/21/orm/extensions/asyncio.html#asyncio-concurrency",
        matchers=(Matcher(("InvalidRequestError",), "This session is provisioning a new connection"),),
    ),
    Entry(
        key="shared-session-warm",
        title="Two tasks share one session, and nothing runs at the same time",
        happened="The queries of your tasks ran one after the other,"
        " on the one connection of their one session.",
        why="`gather` starts the tasks together, but a connection can do one thing at a time. Tomorrow, with"
        " an empty pool or a write, the same code fails.",
        fix="Give each task a session of its own.",
        code=ONE_PER_TASK,
        topic=SESSIONS,
        url=f"{BASICS}#session-faq-threadsafe",
        notice="Measure it: ten queries of 20 ms take 200 ms instead of little more than 20.",
    ),
    Entry(
        key="illegal-state-change",
        title="Two tasks use one session: one wants to end what the other is doing",
        happened="A task called `commit`, `rollback` or `close` while another method of the same session was"
        " still running.",
        why="Several tasks share the session. Often it is the end of `async with` that closes it while a task"
        " of `gather` is still at work.",
        fix="Give each task a session of its own, and wait for all tasks inside the block that opened it.",
        code=ONE_PER_TASK,
        topic=SESSIONS,
        url=ISCE,
        matchers=(Matcher(("IllegalStateChangeError",)),),
    ),
    Entry(
        key="already-flushing",
        title="Two tasks use one session: it is writing already",
        happened="A flush (writing what `add` has noted) was asked for while another one was running.",
        why="Several tasks add to and commit the same session."
        " The list of things to save is one for all of them.",
        fix="Give each task a session of its own; or add everything first, then commit once.",
        code="session.add_all(tasks)\nawait session.commit()",
        topic=SESSIONS,
        url=ISCE,
        matchers=(Matcher(("InvalidRequestError",), "Session is already flushing"),),
    ),
    Entry(
        key="closed-transaction",
        title="The transaction or the connection is closed already",
        happened="You used a transaction or a connection after its end.",
        why="Its block was left, or it was committed twice. If the line looks innocent, another task shares"
        " the session and has ended the transaction in between.",
        fix="Use it inside its block only, end it once, and give each task a session of its own.",
        code="async with engine.connect() as connection:\n    await connection.execute(query)  # inside",
        topic=SESSIONS,
        url="https://docs.sqlalchemy.org/en/21/core/connections.html#using-transactions",
        matchers=(
            Matcher(("ResourceClosedError",), "This (transaction|Connection) is closed"),
            Matcher(("InvalidRequestError",), "This transaction is inactive"),
        ),
    ),
    Entry(
        key="commit-inside-begin",
        title="A commit inside a `begin()` block",
        happened="You ended the transaction inside its block, then used the session or connection again.",
        why="`async with session.begin()` commits at the end of its block, so inside it the transaction is"
        " not yours to end.",
        fix="Leave the commit to the block; or open no block and commit yourself.",
        code="async with factory.begin() as session:\n    session.add(task)  # the block commits",
        topic=STORE,
        url=f"{BASICS}#session-begin-commit-rollback-block",
        matchers=(
            Matcher(("InvalidRequestError",), "Can't operate on closed transaction inside context manager"),
        ),
    ),
    Entry(
        key="pending-rollback",
        title="The session goes on after a failed write",
        happened="An earlier flush or commit failed. Until a rollback the session refuses all further work.",
        why="Its transaction is half done; going on could save half of it. The first error is named at the"
        " end of the message.",
        fix="Roll back in the `except`; better, let the error end the block and open a new session.",
        code="except IntegrityError:\n    await session.rollback()",
        topic=STORE,
        url="https://docs.sqlalchemy.org/en/21/faq/sessions.html#faq-session-rollback",
        matchers=(Matcher(("PendingRollbackError",)),),
    ),
    Entry(
        key="collected-connection",
        title="A connection was thrown away instead of given back",
        happened="A session or connection was garbage collected (thrown away by Python) while it was open."
        " SQLAlchemy had to cut its database connection.",
        why="Closing needs `await`, and nobody can await while Python cleans up. So what is not closed by you"
        " is not closed properly.",
        fix="Open sessions and connections with `async with` only.",
        code="async with factory() as session:\n    ...",
        topic=TESTS,
        url=f"{BASICS}#session-closing",
        matchers=(
            Matcher(("SAWarning",), "garbage collector is trying to clean up non-checked-in connection"),
        ),
        notice="Only a warning or a line in the log tells it,"
        " some time later; the pool loses a connection each time.",
    ),
    Entry(
        key="async-session-query",
        title="`AsyncSession` has no `query`",
        happened="You asked an asynchronous session for `session.query(…)`. There is no such method.",
        why="A `Query` sends its SQL when it is used: in a loop, by `.all()`, by `.count()`. At such a place"
        " nothing could be awaited. So the asynchronous session never got it.",
        fix="Write the statement with `select()` and let the session execute it. This works in a synchronous"
        " session, too, so it can be done before the migration.",
        code="tasks = await session.scalars(select(Task).order_by(Task.id))",
        topic=SYNC_APP,
        url="https://docs.sqlalchemy.org/en/21/changelog/migration_20.html#migration-orm-usage",
        matchers=(Matcher(("AttributeError",), r"^'AsyncSession' object has no attribute 'query'"),),
    ),
)
