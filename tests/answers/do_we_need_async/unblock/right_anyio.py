# What FastAPI itself uses.


async def responsive_report(slow_report, store):
    return await anyio.to_thread.run_sync(slow_report, store)
