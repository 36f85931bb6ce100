# expect: PARTLY, connection kept; expected: 0


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        async with self.factory() as session:
            entity = Task(**task.model_dump())
            session.add(entity)
            await session.commit()
            return TaskOutput.model_validate(entity)

    async def get(self, id):
        session = self.factory()
        self.keep = session
        entity = await session.get(Task, id)
        return TaskOutput.model_validate(entity) if entity else None
