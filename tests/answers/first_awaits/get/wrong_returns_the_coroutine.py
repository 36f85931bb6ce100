# expect: NOT_YET, coroutine returned; a coroutine: `AsyncSession.get` has not run


class ReadOnlyStore:
    def __init__(self, factory):
        self.factory = factory

    async def get(self, id):
        async with self.factory() as session:
            return session.get(Task, id)
