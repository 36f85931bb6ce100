# expect: PARTLY, wrong value; It commits once, so nobody ever sees half of it


async def split_task(factory, id, parts):
    async with factory() as session:
        new = [Task(**part.model_dump()) for part in parts]
        session.add_all(new)
        await session.commit()
        result = await session.execute(delete(Task).where(Task.id == id))
        if result.rowcount == 0:
            for task in new:
                await session.delete(task)
            await session.commit()
            raise ValueError(f"no task known with id '{id}'")
        await session.commit()
