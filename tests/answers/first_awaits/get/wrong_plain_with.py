# expect: NOT_YET, raised; does not support the context manager protocol


class ReadOnlyStore:
    def __init__(self, factory):
        self.factory = factory

    async def get(self, id):
        with self.factory() as session:
            entity = await session.get(Task, id)
            return TaskOutput.model_validate(entity) if entity else None
