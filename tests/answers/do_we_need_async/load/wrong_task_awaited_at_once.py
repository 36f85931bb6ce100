# expect: PARTLY, wrong value; saw: 1 at a time


async def load_all(fetch, ids):
    return [await asyncio.create_task(fetch(id)) for id in ids]
