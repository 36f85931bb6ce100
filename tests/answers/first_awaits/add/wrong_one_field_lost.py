# expect: PARTLY, wrong value; 'done': True


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        async with self.factory() as session:
            entity = Task(**task.model_dump() | {"done": False})
            session.add(entity)
            await session.commit()
            return TaskOutput.model_validate(entity)
