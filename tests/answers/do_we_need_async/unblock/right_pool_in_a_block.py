# The example of Python's own documentation for run_in_executor.
from concurrent.futures import ThreadPoolExecutor


async def responsive_report(slow_report, store):
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor() as pool:
        return await loop.run_in_executor(pool, slow_report, store)
