# expect: PARTLY, wrong value; does not hold: It returns a list


async def load_all(fetch, ids):
    return [await each for each in asyncio.as_completed([fetch(id) for id in ids])]
