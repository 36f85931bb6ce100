# The older way: the loop's own pool.


async def responsive_report(slow_report, store):
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, slow_report, store)
