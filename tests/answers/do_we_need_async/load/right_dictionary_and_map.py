# map in the place of a comprehension; a tuple is as good as a list.


async def load_all(fetch, ids):
    found = dict(zip(ids, await asyncio.gather(*map(fetch, ids)), strict=True))
    return tuple(found[id] for id in ids)
