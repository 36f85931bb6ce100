"""Make SQLite behave as a server's database: checked, patient, and never losing an update."""

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPICursor, ExceptionContext, ExecutionContext

PRAGMAS = (
    "PRAGMA busy_timeout = 30000",  # milliseconds to wait for another writer: as long as for a connection
    "PRAGMA foreign_keys = ON",  # SQLite checks no foreign key unless told to, connection by connection
    "PRAGMA journal_mode = WAL",  # readers and the one writer do not wait for each other
    "PRAGMA synchronous = FULL",  # a commit has reached the disk: it survives a power cut
)
PRIMARY_CODE = 0xFF  # the rest of an error's code says more about it: https://www.sqlite.org/rescode.html


def prepare_sqlite(engine: Engine) -> None:
    """Set every connection of `engine` up for concurrent use; do nothing if it is not a SQLite engine.

    For an `AsyncEngine`, pass its `sync_engine`: events live there.

    A transaction takes SQLite's write lock (`BEGIN IMMEDIATE`) when it opens with anything but a plain
    SELECT; `SELECT … FOR UPDATE` counts as the intent to write. Left to itself the driver begins too late:
    two read-modify-writes read the same row and the second overwrites the first. A plain `BEGIN` is too
    weak: a transaction that has read an old state may not write, and fails at once ("database is locked").
    See https://www.sqlite.org/lang_transaction.html and
    https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#sqlite-transactions.
    """
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _set_up_connection)
    event.listen(engine, "begin", _note_begin)
    event.listen(engine, "before_cursor_execute", _begin_with_first_statement)
    event.listen(engine, "handle_error", _drop_connection_that_stays_broken)


def _set_up_connection(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transaction on its own: we do
    # SQLite's own lower() knows only ASCII; with this one, "É" finds "é".
    connection.create_function("lower", 1, _lower, deterministic=True)
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _note_begin(connection: Connection) -> None:
    connection.info["begin_with_next_statement"] = True


def _begin_with_first_statement(
    connection: Connection,
    cursor: DBAPICursor,
    statement: str,
    parameters: Any,
    context: ExecutionContext | None,
    executemany: bool,
) -> None:
    if connection.info.pop("begin_with_next_statement", False):
        cursor.execute("BEGIN" if _only_reads(statement, context) else "BEGIN IMMEDIATE")


def _only_reads(statement: str, context: ExecutionContext | None) -> bool:
    compiled = getattr(context, "compiled", None)
    # SQLite has no FOR UPDATE, so SQLAlchemy leaves it out of the text; the wish stands in the statement.
    if compiled is not None and getattr(compiled.statement, "_for_update_arg", None) is not None:
        return False
    return statement.lstrip().upper().startswith("SELECT")


def _drop_connection_that_stays_broken(context: ExceptionContext) -> None:
    # SQLite keeps a transaction whose COMMIT failed, with its lock; SQLAlchemy takes it for ended and would
    # give the connection to the next one. An error without a statement comes from COMMIT or ROLLBACK.
    commit_failed = context.statement is None
    # A connection that was opened while the file could not be written can never write.
    code = getattr(context.original_exception, "sqlite_errorcode", 0)
    opened_read_only = code & PRIMARY_CODE == sqlite3.SQLITE_READONLY
    if context.connection is not None and (commit_failed or opened_read_only):
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = False
