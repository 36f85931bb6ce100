# A plain def that returns a coroutine can be awaited as well.


async def load_name(store, id):
    return (await store.get(id)).name


def name_of(store, id):
    return load_name(store, id)
