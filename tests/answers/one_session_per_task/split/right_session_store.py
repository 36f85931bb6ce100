# The store of the lesson's end, which leaves the commit to the block.


class SessionStore:
    def __init__(self, session):
        self.session = session

    async def add(self, task):
        self.session.add(Task(**task.model_dump()))
        await self.session.flush()

    async def delete(self, id):
        return (await self.session.execute(delete(Task).where(Task.id == id))).rowcount > 0


async def split_task(factory, id, parts):
    async with factory.begin() as session:
        store = SessionStore(session)
        for part in parts:
            await store.add(part)
        if not await store.delete(id):
            raise ValueError(id)
