# A begin() block: a transaction that commits at its end does no harm to a read.


class ReadOnlyStore:
    def __init__(self, factory):
        self.factory = factory

    async def get(self, id):
        async with self.factory.begin() as session:
            row = await session.get(Task, id)
            return row and TaskOutput.model_validate(row)
