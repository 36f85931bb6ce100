# expect: PARTLY, wrong value; saw: 1 at a time


async def load_all(fetch, ids):
    results = []
    for id in ids:
        results.append(await fetch(id))  # noqa: PERF401
    return results
