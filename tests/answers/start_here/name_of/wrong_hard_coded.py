# expect: NOT_YET, wrong value; saw: 'buy bread'


async def name_of(store, id):
    await store.get(id)
    return "buy bread"
