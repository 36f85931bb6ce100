# expect: PARTLY, wrong value; It adds every part


async def split_task(factory, id, parts):
    async with factory.begin() as session:
        result = await session.execute(delete(Task).where(Task.id == id))
        if result.rowcount == 0:
            raise ValueError(f"no task known with id '{id}'")
