# Two at a time, each in a transaction with a begin block.


async def load_all(factory, load, ids):
    async def load_one(id):
        async with factory.begin() as session:
            return await load(session, id)

    results = []
    for first in range(0, len(ids), 2):
        async with asyncio.TaskGroup() as group:
            pair = [group.create_task(load_one(id)) for id in ids[first : first + 2]]
        results += [task.result() for task in pair]
    return results
