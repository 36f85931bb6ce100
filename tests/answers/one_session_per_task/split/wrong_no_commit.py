# expect: PARTLY, wrong value; one commit after the last of them


async def split_task(factory, id, parts):
    async with factory() as session:
        session.add_all(Task(**part.model_dump()) for part in parts)
        result = await session.execute(delete(Task).where(Task.id == id))
        if result.rowcount == 0:
            raise ValueError(f"no task known with id '{id}'")
