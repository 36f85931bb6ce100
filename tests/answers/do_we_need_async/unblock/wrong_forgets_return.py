# expect: PARTLY, wrong value; saw: None


async def responsive_report(slow_report, store):
    await asyncio.to_thread(slow_report, store)
