# A helper that opens a transaction for every method that writes.


class DataStoreDb(CountingStore):
    def write(self):
        return self.factory.begin()

    async def add(self, task):
        async with self.write() as session:
            session.add(entity := Task(**task.model_dump()))
            await session.flush()
            return TaskOutput.model_validate(entity)

    async def update(self, id, task):
        async with self.write() as session:
            entity = await session.get(Task, id, with_for_update=True)
            if not entity:
                raise ValueError(f"no task known with id '{id}'")
            for field in TaskInput.model_fields:
                setattr(entity, field, getattr(task, field))
            await session.flush()
            return TaskOutput.model_validate(entity)

    async def delete(self, id):
        async with self.write() as session:
            return (await session.execute(delete(Task).where(Task.id == id))).rowcount == 1
