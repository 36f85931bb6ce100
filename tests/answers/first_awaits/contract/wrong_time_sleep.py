# expect: PARTLY, blocks the event loop; `time.sleep(0.01)`
import time


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        async with self.factory() as session:
            entity = Task(**task.model_dump())
            session.add(entity)
            time.sleep(0.01)
            await session.commit()
            return TaskOutput.model_validate(entity)
