# expect: PARTLY, wrong value; saw: 1 at a time


async def load_all(factory, load, ids):
    results = []
    for id in ids:
        async with factory() as session:
            results.append(await load(session, id))
    return results
