# expect: PARTLY, wrong value; tried: all()


class ListingStore:
    __init__ = AsyncDataStoreDb.__init__

    async def all(self):
        return []

    async def delete(self, id):
        return False
