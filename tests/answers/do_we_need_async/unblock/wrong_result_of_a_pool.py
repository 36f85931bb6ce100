# expect: NOT_YET, blocks the event loop; it waits for a lock that belongs to threads
from concurrent.futures import ThreadPoolExecutor


async def responsive_report(slow_report, store):
    with ThreadPoolExecutor() as pool:
        return pool.submit(slow_report, store).result()
