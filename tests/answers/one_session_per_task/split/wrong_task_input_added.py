# expect: NOT_YET, raised; is not mapped


async def split_task(factory, id, parts):
    async with factory.begin() as session:
        session.add_all(parts)
        result = await session.execute(delete(Task).where(Task.id == id))
        if result.rowcount == 0:
            raise ValueError(f"no task known with id '{id}'")
