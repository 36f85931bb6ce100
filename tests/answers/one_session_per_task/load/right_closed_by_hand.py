# try and finally in the place of async with; tasks by their place; the single error in the place of the group.


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
            for place, number in enumerate(ids):
                tasks[place] = group.create_task(load_one(number), name=f"load {number}")
    except* LookupError as errors:
        raise errors.exceptions[0] from None
    return tuple(task.result() for task in tasks.values())
