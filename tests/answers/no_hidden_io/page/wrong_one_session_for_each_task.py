# expect: PARTLY, wrong value; at most two statements


async def page(factory, limit):
    async with factory() as session:
        ids = (await session.scalars(select(Task.id).order_by(Task.id).limit(limit))).all()
    tasks = []
    for id in ids:
        async with factory() as session:
            tasks.append(await session.get(Task, id, options=[selectinload(Task.subtasks)]))
    return tasks
