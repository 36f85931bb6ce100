# expect: NOT_YET, blocks the event loop; line 6: `return slow_report(store)`


async def responsive_report(slow_report, store):
    async def work():
        return slow_report(store)

    return await asyncio.create_task(work())
