# expect: PARTLY, wrong value; `gather` does not cancel


async def load_all(factory, load, ids):
    async def load_one(id):
        async with factory() as session:
            return await load(session, id)

    return await asyncio.gather(*(load_one(id) for id in ids))
