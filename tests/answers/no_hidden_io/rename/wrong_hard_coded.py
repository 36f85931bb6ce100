# expect: PARTLY, wrong value; names in the database


async def rename(factory, id, name):
    return Task(id=id, name=name, changed_at=None)
