# expect: NOT_YET, blocks the event loop; blocking call: `time.sleep`
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(1)


async def responsive_report(slow_report, store):
    future = pool.submit(slow_report, store)
    while not future.done():
        time.sleep(0.01)
    return future.result()
