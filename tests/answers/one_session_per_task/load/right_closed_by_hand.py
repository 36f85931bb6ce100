# try and finally in the place of async with; a dictionary; the single error in the place of the group.


async def load_all(factory, load, ids):
    async def load_one(number):
        session = factory()
        try:
            return await load(session, number)
        finally:
            await session.close()

    tasks = {}
    try:
        async with asyncio.TaskGroup() as group:
            for number in ids:
                tasks[number] = group.create_task(load_one(number), name=f"load {number}")
    except* LookupError as errors:
        raise errors.exceptions[0] from None
    return tuple(task.result() for task in tasks.values())
