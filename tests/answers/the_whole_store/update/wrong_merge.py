# expect: PARTLY, wrong value; update(4711, …), which does not exist
# merge() makes a row where there is none.


class DataStoreDb(CountingStore):
    async def update(self, id, task):
        async with self.factory.begin() as session:
            await session.get(Task, id, with_for_update=True)
            entity = await session.merge(Task(id=id, **task.model_dump()))
            await session.flush()
            return TaskOutput.model_validate(entity)
