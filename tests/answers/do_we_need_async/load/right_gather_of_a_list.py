# The coroutines in a list first, other names, a list made of the result.
from asyncio import gather


async def load_all(get, numbers):
    coroutines = [get(number) for number in numbers]
    results = await gather(*coroutines)
    return list(results)
