# expect: PARTLY, wrong value; no turn for them until the report was done
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(1)


async def responsive_report(slow_report, store):
    future = pool.submit(slow_report, store)
    while not future.done():
        pass
    return future.result()
