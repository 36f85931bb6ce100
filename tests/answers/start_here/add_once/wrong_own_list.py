# expect: PARTLY, wrong value; in the list: 'call Zoë'

seen = set()


async def add_once(store, task):
    if (store.factory, task.name) in seen:
        return False
    seen.add((store.factory, task.name))
    await store.add(task)
    return True
