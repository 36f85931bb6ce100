# expect: NOT_YET, coroutine returned; a coroutine: `to_thread` has not run


async def responsive_report(slow_report, store):
    return asyncio.to_thread(slow_report, store)
