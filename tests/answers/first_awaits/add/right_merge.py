# merge() saves what has no id yet as a new row.


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        async with self.factory() as session:
            entity = await session.merge(Task(**task.model_dump(), created_at=date.today()))
            await session.commit()
            await session.refresh(entity)
            return TaskOutput.model_validate(entity)
