# expect: PARTLY, wrong value; saw: coroutines or tasks, not their results


async def load_all(fetch, ids):
    return [asyncio.create_task(fetch(id)) for id in ids]
