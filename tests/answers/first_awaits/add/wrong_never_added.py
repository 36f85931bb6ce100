# expect: NOT_YET, not written; The task has no id: at this line it is not written yet.


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        async with self.factory() as session:
            entity = Task(**task.model_dump())
            session.add(entity)
            return TaskOutput.model_validate(entity)
