"""What goes wrong on the way to asynchronous SQLAlchemy: texts and how to recognise each, by theme."""

from todo_lib.lab.errors.entries import awaiting, databases, engines, loading, sessions, together, web

ENTRIES = (
    *awaiting.ENTRIES,
    *together.ENTRIES,
    *loading.ENTRIES,
    *sessions.ENTRIES,
    *engines.ENTRIES,
    *databases.ENTRIES,
    *web.ENTRIES,
)
