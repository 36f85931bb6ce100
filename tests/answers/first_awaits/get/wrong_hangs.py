# expect: NOT_YET, hangs; stopped after 2 seconds
import asyncio


class ReadOnlyStore:
    def __init__(self, factory):
        self.factory = factory

    async def get(self, id):
        await asyncio.Event().wait()
