# A plain block, a commit at its end, the row read first: in the same session, in order to change it.


async def split_task(factory, id, parts):
    async with factory() as session:
        old = await session.get(Task, id, with_for_update=True)
        if old is None:
            raise ValueError(f"no task known with id '{id}'")
        for part in parts:
            session.add(Task(**part.model_dump()))
        await session.delete(old)
        await session.commit()
