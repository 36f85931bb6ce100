# try and finally in the place of `async with`.


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        session = self.factory()
        try:
            entity = Task(**task.model_dump())
            session.add(entity)
            await session.commit()
            return TaskOutput.model_validate(entity)
        finally:
            await session.close()
