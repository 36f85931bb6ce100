# expect: PARTLY, wrong value; ran to their end before the error was raised


async def load_all(factory, load, ids):
    async def load_one(id):
        async with factory() as session:
            return await load(session, id)

    results = await asyncio.gather(*(load_one(id) for id in ids), return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results
