# expect: NOT_YET, not awaited; Only `await` runs it here


async def load_all(fetch, ids):
    async def load():
        return await asyncio.gather(*(fetch(id) for id in ids))

    return asyncio.run(load())
