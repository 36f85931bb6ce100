# expect: PARTLY, wrong value; still running when the error was raised


async def load_all(factory, load, ids):
    async def load_one(id):
        async with factory() as session:
            return await load(session, id)

    tasks = [asyncio.create_task(load_one(id)) for id in ids]
    try:
        return await asyncio.gather(*tasks)
    except LookupError:
        for task in tasks:
            task.cancel()
        raise
