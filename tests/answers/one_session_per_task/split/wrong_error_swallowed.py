# expect: PARTLY, wrong value; expected: ValueError raised


async def split_task(factory, id, parts):
    try:
        async with factory.begin() as session:
            session.add_all(Task(**part.model_dump()) for part in parts)
            result = await session.execute(delete(Task).where(Task.id == id))
            if result.rowcount == 0:
                raise ValueError(f"no task known with id '{id}'")
    except ValueError as error:
        print("never mind", error)
