# Tasks first, then await one after the other: they all run meanwhile.


async def load_all(fetch, ids):
    tasks = [asyncio.create_task(fetch(id)) for id in ids]
    return [await task for task in tasks]
