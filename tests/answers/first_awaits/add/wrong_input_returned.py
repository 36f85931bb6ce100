# expect: NOT_YET, wrong value; expected: a TaskOutput


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        async with self.factory() as session:
            session.add(Task(**task.model_dump()))
            await session.commit()
        return task
