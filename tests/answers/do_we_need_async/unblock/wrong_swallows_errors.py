# expect: PARTLY, wrong value; expected: LookupError raised


async def responsive_report(slow_report, store):
    try:
        return await asyncio.to_thread(slow_report, store)
    except LookupError:
        return None
