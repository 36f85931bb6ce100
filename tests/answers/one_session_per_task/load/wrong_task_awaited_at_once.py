# expect: PARTLY, wrong value; saw: 1 at a time


async def load_all(factory, load, ids):
    async def load_one(id):
        async with factory() as session:
            return await load(session, id)

    async with asyncio.TaskGroup() as group:
        return [await group.create_task(load_one(id)) for id in ids]
