# expect: PARTLY, wrong value; saw: None


class ReadOnlyStore:
    def __init__(self, factory):
        self.factory = factory

    async def get(self, id):
        async with self.factory() as session:
            entity = await session.get(Task, id)
            TaskOutput.model_validate(entity) if entity else None
