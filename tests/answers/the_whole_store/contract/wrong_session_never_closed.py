# expect: PARTLY, connection kept; tried: all(), then connections still held


class DataStoreDb(CountingStore):
    async def update(self, id, task):
        async with self.factory() as session:
            entity = await session.get(Task, id, with_for_update=True)
            if entity is None:
                raise ValueError(f"no task known with id '{id}'")
            for field, value in task.model_dump().items():
                setattr(entity, field, value)
            await session.commit()
            return TaskOutput.model_validate(entity)

    async def all(self):
        self.keep = session = self.factory()
        entities = await session.scalars(select(Task).order_by(Task.id))
        return [TaskOutput.model_validate(entity) for entity in entities]
