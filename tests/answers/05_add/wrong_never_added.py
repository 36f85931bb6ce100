# expect: NOT_YET, not written; The task has no id: it was never written.


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        async with self.factory() as session:
            entity = Task(**task.model_dump())
            session.add(entity)
            return TaskOutput.model_validate(entity)
