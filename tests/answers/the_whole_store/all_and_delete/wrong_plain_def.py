# expect: NOT_YET, still synchronous; `all` is a plain `def`


class ListingStore:
    __init__ = AsyncDataStoreDb.__init__

    def all(self):
        return []

    def delete(self, id):
        return False
