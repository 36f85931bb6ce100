# expect: PARTLY, wrong value; opens a session of its own


async def split_task(factory, id, parts):
    store = DataStoreDb(factory)
    for part in parts:
        await store.add(part)
    if not await store.delete(id):
        raise ValueError(f"no task known with id '{id}'")
