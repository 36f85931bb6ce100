# expect: PARTLY, blocks the event loop; blocking call: `time.sleep`, line 12: `time.sleep(0.01)`
import time


class ReadOnlyStore:
    def __init__(self, factory):
        self.factory = factory

    async def get(self, id):
        async with self.factory() as session:
            entity = await session.get(Task, id)
            time.sleep(0.01)
            return TaskOutput.model_validate(entity) if entity else None
