# expect: PARTLY, wrong value; leaves the other tasks alone


async def split_task(factory, id, parts):
    async with factory.begin() as session:
        if await session.get(Task, id, with_for_update=True) is None:
            raise ValueError(f"no task known with id '{id}'")
        await session.execute(delete(Task))
        session.add_all(Task(**part.model_dump()) for part in parts)
