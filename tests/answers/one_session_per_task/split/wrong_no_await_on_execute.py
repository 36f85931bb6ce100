# expect: NOT_YET, not awaited; result = session.execute


async def split_task(factory, id, parts):
    async with factory.begin() as session:
        session.add_all(Task(**part.model_dump()) for part in parts)
        result = session.execute(delete(Task).where(Task.id == id))
        if result.rowcount == 0:
            raise ValueError(f"no task known with id '{id}'")
