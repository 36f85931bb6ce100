"""From a database URL to sessions."""

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from todo_lib.entities import Base
from todo_lib.sqlite import prepare_sqlite

DEFAULT_URL = "sqlite:///todo.db"


def create_session_factory(url: str) -> sessionmaker[Session]:
    """Return what opens sessions on a new engine for `url`. Whoever calls this calls `dispose` at the end."""
    engine = create_engine(url)
    prepare_sqlite(engine)
    return sessionmaker(engine)


def create_tables(factory: sessionmaker[Session]) -> None:
    """Create the tables that are missing."""
    with factory.kw["bind"].begin() as connection:
        Base.metadata.create_all(connection)


def dispose(factory: sessionmaker[Session]) -> None:
    """Close every connection of the factory's engine."""
    factory.kw["bind"].dispose()
