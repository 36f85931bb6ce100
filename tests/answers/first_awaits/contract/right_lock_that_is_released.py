# One call at a time is slow, and right.
import asyncio


class DataStoreDb(ReadOnlyStore):
    def __init__(self, factory):
        super().__init__(factory)
        self.lock = asyncio.Lock()

    async def add(self, task):
        async with self.lock, self.factory.begin() as session:
            entity = Task(**task.model_dump())
            session.add(entity)
            await session.flush()
            return TaskOutput.model_validate(entity)
