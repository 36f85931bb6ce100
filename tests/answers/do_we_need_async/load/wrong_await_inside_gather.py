# expect: NOT_YET, raised; No `await` before `fetch(id)`


async def load_all(fetch, ids):
    return await asyncio.gather(*(await fetch(id) for id in ids))
