# expect: PARTLY, wrong value; the parts as they are stored


async def split_task(factory, id, parts):
    async with factory.begin() as session:
        session.add_all(
            Task(name=part.name, priority=1, due_date=part.due_date, done=part.done) for part in parts
        )
        result = await session.execute(delete(Task).where(Task.id == id))
        if result.rowcount == 0:
            raise ValueError(f"no task known with id '{id}'")
