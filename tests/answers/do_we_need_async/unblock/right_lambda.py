# A lambda delays the call as well.


async def responsive_report(make, the_store):
    result = await asyncio.to_thread(lambda: make(the_store))
    return result
