# expect: NOT_YET, not awaited; never awaited, so it did not run: line 10: `entity = session.get(Task, id)`


class ReadOnlyStore:
    def __init__(self, factory):
        self.factory = factory

    async def get(self, id):
        async with self.factory() as session:
            entity = session.get(Task, id)
            return TaskOutput.model_validate(entity) if entity else None
