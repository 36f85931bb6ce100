# expect: NOT_YET, raised; takes the function, then its arguments


async def responsive_report(slow_report, store):
    return await asyncio.to_thread(slow_report)
