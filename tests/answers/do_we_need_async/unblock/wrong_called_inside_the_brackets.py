# expect: NOT_YET, blocks the event loop; without calling it here


async def responsive_report(slow_report, store):
    return await asyncio.to_thread(slow_report(store))
