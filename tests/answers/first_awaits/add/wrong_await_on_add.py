# expect: NOT_YET, raised; object NoneType can't be used in 'await' expression


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        async with self.factory() as session:
            entity = Task(**task.model_dump())
            await session.add(entity)
            await session.commit()
            return TaskOutput.model_validate(entity)
