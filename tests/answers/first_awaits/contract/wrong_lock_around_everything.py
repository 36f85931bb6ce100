# expect: PARTLY, hangs; stopped after 2 seconds
import asyncio


class DataStoreDb(ReadOnlyStore):
    def __init__(self, factory):
        super().__init__(factory)
        self.slots = asyncio.Semaphore(3)

    async def add(self, task):
        await self.slots.acquire()
        async with self.factory() as session:
            entity = Task(**task.model_dump())
            session.add(entity)
            await session.commit()
            return TaskOutput.model_validate(entity)
