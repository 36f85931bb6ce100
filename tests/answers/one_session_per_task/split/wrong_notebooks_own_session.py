# expect: NOT_YET, raised; session


async def split_task(factory, id, parts):
    session.add_all(Task(**part.model_dump()) for part in parts)
    result = await session.execute(delete(Task).where(Task.id == id))
    if result.rowcount == 0:
        raise ValueError(f"no task known with id '{id}'")
    await session.commit()
