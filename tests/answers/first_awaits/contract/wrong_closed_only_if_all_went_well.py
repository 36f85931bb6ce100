# expect: PARTLY, connection kept; add() of what the database refuses, then connections still held


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        session = self.factory()
        entity = Task(**task.model_dump())
        session.add(entity)
        await session.commit()
        await session.close()
        return TaskOutput.model_validate(entity)
