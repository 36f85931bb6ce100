# expect: PARTLY, wrong value; If one fetch fails, its error is raised


async def load_all(fetch, ids):
    try:
        return await asyncio.gather(*(fetch(id) for id in ids))
    except LookupError:
        return []
