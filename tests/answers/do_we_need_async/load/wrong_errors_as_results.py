# expect: PARTLY, wrong value; expected: LookupError raised


async def load_all(fetch, ids):
    return await asyncio.gather(*(fetch(id) for id in ids), return_exceptions=True)
