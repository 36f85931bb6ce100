# A pool of its own, and a future of the pool made awaitable.
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(1)


async def responsive_report(slow_report, store):
    return await asyncio.wrap_future(pool.submit(slow_report, store))
