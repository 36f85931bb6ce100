# expect: NOT_YET, raised; the brackets are missing


async def load_all(factory, load, ids):
    async def load_one(id):
        async with factory as session:
            return await load(session, id)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(load_one(id)) for id in ids]
    return [task.result() for task in tasks]
