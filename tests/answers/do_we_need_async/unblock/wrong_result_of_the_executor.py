# expect: NOT_YET, raised; InvalidStateError


async def responsive_report(slow_report, store):
    future = asyncio.get_running_loop().run_in_executor(None, slow_report, store)
    return future.result()
