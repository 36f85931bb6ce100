# expect: PARTLY, wrong value; in the order of `ids`


async def load_all(fetch, ids):
    results = []

    async def load(id):
        results.append(await fetch(id))

    await asyncio.gather(*(load(id) for id in ids))
    return results
