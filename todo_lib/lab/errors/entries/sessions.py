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
    Entry(
        key="already-begun",
        title="A transaction is begun already",
        happened="`begin()` was called on a session or connection that is in a transaction: “A transaction is"
        " already begun”.",
        why="Nobody needs to begin one: the first query does (“autobegin”), and so does `factory.begin()` or"
        " `engine.begin()`.",
        fix="Open `begin()` before the first query; or leave it out and commit yourself. `begin_nested()`"
        " makes a savepoint inside.",
        code="async with factory.begin() as session:  # all inside, the block commits\n"
        "    task = await session.get(Task, id)\n    task.done = True",
        topic=SESSIONS,
        url=f"{BASICS}#session-begin-commit-rollback-block",
        matchers=(
            Matcher(("InvalidRequestError",), r"^A transaction is already begun on this Session"),
            Matcher(
                ("InvalidRequestError",), r"^This connection has already initialized a SQLAlchemy Transaction"
            ),
        ),
    ),
    Entry(
        key="another-session",
        title="The object belongs to another session",
        happened="An object that one session holds was given to a second one, itself or through a"
        " relationship: “already attached to session”.",
        why="A session keeps track of its objects, so an object belongs to one session at a time.",
        fix="Load it in the session that uses it, by its id; or let `merge` make a copy there.",
        code="task = await session.get(Task, id)\ntask = await session.merge(task)  # the copy",
        topic=SESSIONS,
        url=f"{BASICS}#session-faq-threadsafe",
        matchers=(Matcher(("InvalidRequestError",), r"is already attached to session '\d+' \(this is"),),
    ),
    Entry(
        key="not-in-session",
        title="The object is not in this session, or not saved yet",
        happened="`refresh` or `delete` was given an object that this session does not hold as a row: “not"
        " persistent within this Session”, “not persisted”.",
        why="Either it belongs to another session or to one that is closed; or it is new, and no flush has"
        " written it; or it was deleted.",
        fix="Load it here by its id. A new object: `add` and `flush` or `commit` it first.",
        code="session.add(task)\nawait session.flush()\nawait session.refresh(task)",
        topic=SESSIONS,
        url=BASICS,
        matchers=(
            Matcher(("InvalidRequestError",), r"^Instance '.*' is not persist(ed|ent within this Session)"),
        ),
    ),
    Entry(
        key="row-is-gone",
        title="The row was deleted meanwhile",
        happened="The session wanted to change, delete or reload a row that is not there any more: “expected"
        " to update 1 row(s); 0 were matched”.",
        why="Somebody else deleted it after you had read it. With a `version_id_col`, it may also have been"
        " changed.",
        fix="Lock it when you read it; or catch the error, roll back, and answer that it is gone.",
        code="task = await session.get(Task, id, with_for_update=True)\nif task is None:\n    return None",
        topic=SESSIONS,
        url="https://docs.sqlalchemy.org/en/21/orm/exceptions.html",
        matchers=(
            Matcher(("StaleDataError", "ObjectDeletedError")),
            Matcher(("InvalidRequestError",), r"^Could not refresh instance"),
        ),
    ),
)
