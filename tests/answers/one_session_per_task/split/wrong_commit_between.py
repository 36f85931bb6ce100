# expect: PARTLY, wrong value; For an unknown id it raises `ValueError` and changes nothing


async def split_task(factory, id, parts):
    async with factory() as session:
        session.add_all(Task(**part.model_dump()) for part in parts)
        await session.commit()
        result = await session.execute(delete(Task).where(Task.id == id))
        if result.rowcount == 0:
            raise ValueError(f"no task known with id '{id}'")
        await session.commit()
