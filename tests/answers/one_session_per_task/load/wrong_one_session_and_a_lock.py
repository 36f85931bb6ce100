# expect: PARTLY, session shared; expected: 5 different sessions


async def load_all(factory, load, ids):
    lock = asyncio.Lock()

    async def load_one(id):
        async with lock:
            return await load(session, id)

    async with factory() as session:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(load_one(id)) for id in ids]
        return [task.result() for task in tasks]
