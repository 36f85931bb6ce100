# begin() in both methods: it commits at the end of its block.


class DataStoreDb:
    def __init__(self, factory):
        self.begin = factory.begin

    async def add(self, task):
        async with self.begin() as session:
            entity = Task(**task.model_dump())
            session.add(entity)
            await session.flush()
            return TaskOutput.model_validate(entity)

    async def get(self, id):
        async with self.begin() as session:
            entity = await session.get(Task, id)
            return entity and TaskOutput.model_validate(entity)
