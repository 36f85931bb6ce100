# expect: NOT_YET, not awaited; saw: coroutines or tasks, not their results


async def load_all(fetch, ids):
    return [fetch(id) for id in ids]
