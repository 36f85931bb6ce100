# expect: PARTLY, session shared; saw: the factory itself


async def load_all(factory, load, ids):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(load(factory, id)) for id in ids]
    return [task.result() for task in tasks]
