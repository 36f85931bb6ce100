# expect: PARTLY, wrong value; expected: 5 at a time


async def load_all(fetch, ids):
    return [await fetch(id) for id in ids]
