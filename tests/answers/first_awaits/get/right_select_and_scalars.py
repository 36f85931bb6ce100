# A query in place of session.get.

from sqlalchemy import select


class ReadOnlyStore:
    def __init__(self, factory):
        self.factory = factory

    async def get(self, id):
        async with self.factory() as session:
            found = (await session.scalars(select(Task).where(Task.id == id))).one_or_none()
        return None if found is None else TaskOutput.model_validate(found)
