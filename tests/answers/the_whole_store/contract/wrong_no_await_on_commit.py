# expect: PARTLY, not awaited; session.commit()


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

    async def delete(self, id):
        async with self.factory() as session:
            result = await session.execute(delete(Task).where(Task.id == id))
            session.commit()
            return result.rowcount > 0
