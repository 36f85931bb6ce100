# expect: NOT_YET, not awaited; session.commit()


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        async with self.factory() as session:
            entity = Task(**task.model_dump())
            session.add(entity)
            session.commit()
            return TaskOutput.model_validate(entity)
