# expect: PARTLY, wrong value; then what the database holds


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        async with self.factory() as session:
            entity = Task(**task.model_dump())
            session.add(entity)
            await session.flush()
            return TaskOutput.model_validate(entity)
