# expect: PARTLY, not awaited; session.commit()


class DataStoreDb:
    def __init__(self, factory):
        self.factory = factory

    async def add(self, task):
        async with self.factory() as session:
            entity = Task(**task.model_dump(), id=1, created_at=date.today())
            session.add(entity)
            session.commit()
            return TaskOutput.model_validate(entity)

    async def get(self, id):
        async with self.factory() as session:
            entity = session.get(Task, id)
            return TaskOutput.model_validate(entity) if entity else None
