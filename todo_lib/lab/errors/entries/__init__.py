"""What goes wrong on the way to asynchronous SQLAlchemy: texts and how to recognise each, by theme."""

from todo_lib.lab.errors.entries import (
    awaiting,
    connecting,
    databases,
    engines,
    loading,
    opening,
    reading,
    results,
    sessions,
    tasks,
    values,
    web,
)

THEMES = (
    awaiting,
    reading,
    opening,
    tasks,
    loading,
    sessions,
    results,
    values,
    engines,
    connecting,
    databases,
    web,
)
ENTRIES = tuple(entry for theme in THEMES for entry in theme.ENTRIES)
