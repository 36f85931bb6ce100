# expect: NOT_YET, blocks the event loop; blocking call: `time.sleep`


async def load_all(fetch, ids):
    tasks = [asyncio.create_task(fetch(id)) for id in ids]
    time.sleep(0.1)
    return [task.result() for task in tasks]
