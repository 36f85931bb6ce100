# expect: NOT_YET, raised; A plain `with` on an asynchronous object


async def load_all(factory, load, ids):
    async def load_one(id):
        with factory() as session:
            return await load(session, id)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(load_one(id)) for id in ids]
    return [task.result() for task in tasks]
