# expect: PARTLY, raised; NoResultFound

from sqlalchemy import select


class ReadOnlyStore:
    def __init__(self, factory):
        self.factory = factory

    async def get(self, id):
        async with self.factory() as session:
            return TaskOutput.model_validate((await session.scalars(select(Task).where(Task.id == id))).one())
