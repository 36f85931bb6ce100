# expect: PARTLY, session shared; saw: 1 for 5 loads


async def load_all(factory, load, ids):
    async with factory() as session:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(load(session, id)) for id in ids]
        return [task.result() for task in tasks]
