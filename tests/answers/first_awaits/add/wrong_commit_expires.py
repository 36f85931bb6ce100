# expect: NOT_YET, raised; greenlet_spawn has not been called


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        async with self.factory(expire_on_commit=True) as session:
            entity = Task(**task.model_dump())
            session.add(entity)
            await session.commit()
            return TaskOutput.model_validate(entity)
