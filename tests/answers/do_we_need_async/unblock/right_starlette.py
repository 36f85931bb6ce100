# FastAPI's own name for it; a plain def that returns the coroutine is awaited all the same.
from fastapi.concurrency import run_in_threadpool


def responsive_report(slow_report, store):
    return run_in_threadpool(slow_report, store)
