# A TaskGroup; if one fails, it raises a group of errors.


async def load_all(fetch, ids):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch(id)) for id in ids]
    return [task.result() for task in tasks]
