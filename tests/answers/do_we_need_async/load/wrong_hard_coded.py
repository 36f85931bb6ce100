# expect: PARTLY, wrong value; expected: ['task


async def load_all(fetch, ids):
    await asyncio.gather(*(fetch(id) for id in ids))
    return [f"task {id}" for id in ids]
