# expect: NOT_YET, no method; `ReadOnlyStore` has no method `get`


class ReadOnlyStore:
    async def find(self, id):
        return None
