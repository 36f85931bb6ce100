# A class may build on an older one of the same name.
from todo_lib.async_app.datastore import DataStoreDb


class DataStoreDb(DataStoreDb):
    calls = 0

    async def get(self, id):
        self.calls += 1
        return await super().get(id)
