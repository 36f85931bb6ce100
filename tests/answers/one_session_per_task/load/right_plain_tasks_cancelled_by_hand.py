# No group: what it does, by hand.


async def load_all(factory, load, ids):
    async def load_one(id):
        async with factory() as session:
            return await load(session, id)

    tasks = [asyncio.create_task(load_one(id)) for id in ids]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
