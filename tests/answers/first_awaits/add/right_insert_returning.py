# One INSERT … RETURNING, no entity in the session.

from sqlalchemy import insert


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        async with self.factory() as session:
            entity = await session.scalar(insert(Task).values(**task.model_dump()).returning(Task))
            result = TaskOutput.model_validate(entity)
            await session.commit()
        return result
