# expect: PARTLY, wrong value; For an unknown id it raises `ValueError` and changes nothing


async def split_task(factory, id, parts):
    store = DataStoreDb(factory)
    for part in parts:
        await store.add(part)
    if not await store.delete(id):
        raise ValueError(f"no task known with id '{id}'")
