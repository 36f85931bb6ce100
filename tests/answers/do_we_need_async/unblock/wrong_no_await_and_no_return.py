# expect: NOT_YET, not awaited; never awaited, so it did not run: line 5: `asyncio.to_thread(slow_report, store)`


async def responsive_report(slow_report, store):
    asyncio.to_thread(slow_report, store)
