# expect: NOT_YET, not awaited; Only `await` runs it here


async def responsive_report(slow_report, store):
    return asyncio.run(asyncio.to_thread(slow_report, store))
