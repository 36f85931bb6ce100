# expect: NOT_YET, still synchronous; `get` is a plain `def`


class ReadOnlyStore:
    def __init__(self, factory):
        self.factory = factory

    def get(self, id):
        return None
