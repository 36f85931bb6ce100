# expect: PARTLY, wrong value; tried: get(1)

from sqlalchemy import select


class ReadOnlyStore:
    def __init__(self, factory):
        self.factory = factory

    async def get(self, id):
        async with self.factory() as session:
            return TaskOutput.model_validate((await session.scalars(select(Task))).first())
