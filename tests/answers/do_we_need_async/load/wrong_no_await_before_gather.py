# expect: PARTLY, wrong value; nobody awaits them


async def load_all(fetch, ids):
    return asyncio.gather(*(fetch(id) for id in ids))
