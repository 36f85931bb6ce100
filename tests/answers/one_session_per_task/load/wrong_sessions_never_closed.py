# expect: PARTLY, connection kept; Open the session with `async with`


async def load_all(factory, load, ids):
    async def load_one(id):
        return await load(factory(), id)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(load_one(id)) for id in ids]
    return [task.result() for task in tasks]
