"""What endpoints ask for."""

from collections.abc import Iterator

from fastapi import Request

from .datastore import DataStoreDb


def get_db(request: Request) -> Iterator[DataStoreDb]:
    """Give one request a store on the application's engine."""
    with request.app.state.session_factory() as session:
        yield DataStoreDb(session)
