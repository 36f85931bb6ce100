"""What endpoints ask for."""

from fastapi import Request

from .datastore import DataStoreDb


async def get_db(request: Request) -> DataStoreDb:
    """Give one request a store on the application's engine."""
    return DataStoreDb(request.app.state.session_factory)
