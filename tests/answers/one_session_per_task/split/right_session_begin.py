# Two blocks; the delete first; field by field.


async def split_task(factory, id, parts):
    async with factory() as session, session.begin():
        if (await session.execute(delete(Task).where(Task.id == id))).rowcount != 1:
            raise ValueError(id)
        session.add_all(
            [Task(name=p.name, priority=p.priority, due_date=p.due_date, done=p.done) for p in parts]
        )
