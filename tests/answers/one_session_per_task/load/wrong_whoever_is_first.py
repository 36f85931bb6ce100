# expect: PARTLY, wrong value; in the order of `ids`


async def load_all(factory, load, ids):
    results = []

    async def load_one(id):
        async with factory() as session:
            results.append(await load(session, id))

    async with asyncio.TaskGroup() as group:
        for id in ids:
            group.create_task(load_one(id))
    return results
