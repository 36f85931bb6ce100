# begin() commits at the end of its block.


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        entity = Task(**task.model_dump())
        async with self.factory() as session, session.begin():
            session.add(entity)
        return TaskOutput.model_validate(entity)
