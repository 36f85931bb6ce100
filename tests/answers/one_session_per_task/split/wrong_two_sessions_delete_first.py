# expect: PARTLY, wrong value; If the database refuses a part


async def split_task(factory, id, parts):
    async with factory.begin() as session:
        result = await session.execute(delete(Task).where(Task.id == id))
        if result.rowcount == 0:
            raise ValueError(f"no task known with id '{id}'")
    async with factory.begin() as session:
        session.add_all(Task(**part.model_dump()) for part in parts)
