# expect: PARTLY, wrong value; If the database refuses a part


async def split_task(factory, id, parts):
    async with factory.begin() as session:
        if await session.get(Task, id, with_for_update=True) is None:
            raise ValueError(f"no task known with id '{id}'")
        for part in parts:
            if part.name:
                session.add(Task(**part.model_dump()))
        await session.execute(delete(Task).where(Task.id == id))
