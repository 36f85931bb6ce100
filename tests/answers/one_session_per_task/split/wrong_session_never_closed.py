# expect: PARTLY, connection kept; when it returns, and when it raises


async def split_task(factory, id, parts):
    session = factory()
    session.add_all([Task(**part.model_dump()) for part in parts])
    result = await session.execute(delete(Task).where(Task.id == id))
    if result.rowcount == 0:
        raise ValueError(f"no task known with id '{id}'")
    await session.commit()
