# expect: PARTLY, session shared; does not hold: Ten calls at once


class DataStoreDb:
    def __init__(self, factory):
        self.session = factory()

    async def get(self, id):
        entity = await self.session.get(Task, id, populate_existing=True)
        await self.session.commit()
        return TaskOutput.model_validate(entity) if entity else None

    async def add(self, task):
        entity = Task(**task.model_dump())
        self.session.add(entity)
        await self.session.commit()
        return TaskOutput.model_validate(entity)
