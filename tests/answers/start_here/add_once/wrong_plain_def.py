# expect: NOT_YET, not awaited; A function that awaits begins with `async def`.


def add_once(store, task):
    if task.name in [each.name for each in store.all()]:
        return False
    store.add(task)
    return True
