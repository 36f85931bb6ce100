# Each task writes to its own place; errors come through gather.


async def load_all(fetch, ids):
    results = [None] * len(ids)

    async def load(place, id):
        results[place] = await fetch(id)

    await asyncio.gather(*(load(place, id) for place, id in enumerate(ids)))
    return results
