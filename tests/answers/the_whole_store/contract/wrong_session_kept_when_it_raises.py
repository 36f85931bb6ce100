# expect: PARTLY, connection kept; which raises, then connections still held


class DataStoreDb(CountingStore):
    async def update(self, id, task):
        session = self.factory()
        entity = await session.get(Task, id, with_for_update=True)
        if entity is None:
            await session.rollback()
            await session.connection()
            raise ValueError(f"no task known with id '{id}'")
        for field, value in task.model_dump().items():
            setattr(entity, field, value)
        await session.commit()
        await session.close()
        return TaskOutput.model_validate(entity)
