# expect: NOT_YET, wrong value; a `*` unpacks many


async def load_all(fetch, ids):
    return await asyncio.gather(fetch(id) for id in ids)
