# expect: NOT_YET, a generator; contains `yield`
from contextlib import asynccontextmanager


class ReadOnlyStore:
    def __init__(self, factory):
        self.factory = factory

    @asynccontextmanager
    async def get(self, id):
        async with self.factory() as session:
            entity = await session.get(Task, id)
            yield TaskOutput.model_validate(entity) if entity else None
