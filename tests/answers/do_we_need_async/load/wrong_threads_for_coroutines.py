# expect: NOT_YET, wrong value; `to_thread` is for plain functions


async def load_all(fetch, ids):
    return await asyncio.gather(*(asyncio.to_thread(fetch, id) for id in ids))
