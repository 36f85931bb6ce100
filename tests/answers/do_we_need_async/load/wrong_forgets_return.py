# expect: PARTLY, wrong value; saw: None


async def load_all(fetch, ids):
    await asyncio.gather(*(fetch(id) for id in ids))
