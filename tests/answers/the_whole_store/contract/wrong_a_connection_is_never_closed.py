# expect: PARTLY, connection kept; Open the session with `async with`
from sqlalchemy.ext.asyncio import AsyncSession

from todo_lib.async_app.datastore import DataStoreDb as AppStore


class DataStoreDb(AppStore):
    async def get_statistics(self):
        connection = await self.factory.kw["bind"].connect()
        async with AsyncSession(connection) as session:
            return await AppStore(lambda: session).get_statistics()
