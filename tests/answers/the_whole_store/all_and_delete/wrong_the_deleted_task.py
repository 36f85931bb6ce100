# expect: PARTLY, wrong value; expected: True
class ListingStore:
    def __init__(self, factory):
        self.factory = factory

    async def all(self):
        async with self.factory() as session:
            entities = await session.scalars(select(Task).order_by(Task.id))
            return [TaskOutput.model_validate(entity) for entity in entities]

    async def delete(self, id):
        async with self.factory() as session:
            entity = await session.get(Task, id)
            if entity is None:
                return False
            await session.delete(entity)
            await session.commit()
            return entity
