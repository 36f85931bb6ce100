# expect: PARTLY, connection kept; where one of 5 fails


async def load_all(factory, load, ids):
    async def load_one(id):
        session = factory()
        result = await load(session, id)
        await session.close()
        return result

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(load_one(id)) for id in ids]
    return [task.result() for task in tasks]
