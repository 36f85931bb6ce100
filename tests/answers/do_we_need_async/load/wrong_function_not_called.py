# expect: NOT_YET, wrong value; `fetch(id)` makes one


async def load_all(fetch, ids):
    return await asyncio.gather(*(fetch for id in ids))
