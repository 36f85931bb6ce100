# expect: PARTLY, wrong value; saw: 2000000


async def responsive_report(slow_report, store):
    await asyncio.to_thread(slow_report, store)
    return 2000000
