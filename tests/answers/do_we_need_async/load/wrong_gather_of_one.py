# expect: PARTLY, wrong value; saw: 1 at a time


async def load_all(fetch, ids):
    results = []
    for id in ids:
        results += await asyncio.gather(fetch(id))
    return results
