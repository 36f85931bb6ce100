# expect: PARTLY, wrong value; saw: None


async def load_all(factory, load, ids):
    async def load_one(id):
        async with factory() as session:
            return await load(session, id)

    async with asyncio.TaskGroup() as group:
        [group.create_task(load_one(id)) for id in ids]
