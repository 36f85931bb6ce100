# expect: NOT_YET, blocks the event loop; line 5: `return await slow_report(store)`


async def responsive_report(slow_report, store):
    return await slow_report(store)
