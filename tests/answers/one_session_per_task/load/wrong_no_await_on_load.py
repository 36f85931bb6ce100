# expect: NOT_YET, not awaited; never awaited, so it did not run


async def load_all(factory, load, ids):
    async def load_one(id):
        async with factory() as session:
            return load(session, id)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(load_one(id)) for id in ids]
    return [task.result() for task in tasks]
