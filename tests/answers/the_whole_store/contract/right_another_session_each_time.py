# try and finally by hand, in every call that was written here.


class DataStoreDb(CountingStore):
    async def update(self, id, task):
        session = self.factory()
        try:
            entity = await session.get(Task, id, with_for_update=True)
            if entity is None:
                raise ValueError(f"no task known with id '{id}'")
            for field, value in task.model_dump().items():
                setattr(entity, field, value)
            await session.commit()
            return TaskOutput.model_validate(entity)
        finally:
            await session.close()
