# expect: NOT_YET, raised; missing 1 required positional argument: 'self'


async def responsive_report(slow_report, store):
    return await asyncio.to_thread(slow_report)
