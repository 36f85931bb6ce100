# One UPDATE … RETURNING, nothing is read before.

from sqlalchemy import update


class DataStoreDb(CountingStore):
    async def update(self, id, task):
        query = update(Task).where(Task.id == id).values(**task.model_dump()).returning(Task)
        async with self.factory.begin() as session:
            entity = (await session.scalars(query)).one_or_none()
            if not entity:
                raise ValueError(f"no task known with id '{id}'")
            return TaskOutput.model_validate(entity)
