# expect: PARTLY, wrong value; If one load fails, its error is raised


async def load_all(factory, load, ids):
    async def load_one(id):
        async with factory() as session:
            try:
                return await load(session, id)
            except LookupError:
                return None

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(load_one(id)) for id in ids]
    return [task.result() for task in tasks]
