# expect: PARTLY, wrong value; let a `ValueError` leave the block


async def split_task(factory, id, parts):
    async with factory.begin() as session:
        session.add_all(Task(**part.model_dump()) for part in parts)
        await session.execute(delete(Task).where(Task.id == id))
