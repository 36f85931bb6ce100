# expect: PARTLY, wrong value; then the names in the database


async def save_all(factory, names):
    return sorted({name for name in names if names.count(name) > 1})
