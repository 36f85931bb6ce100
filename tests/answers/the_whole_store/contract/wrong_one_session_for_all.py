# expect: PARTLY, raised; next: Give each task a session of its own


class OneSession:
    def __init__(self, factory):
        self.session = factory()

    def __call__(self):
        return self

    async def __aenter__(self):
        return self.session

    async def __aexit__(self, *error):
        await self.session.commit()


class DataStoreDb(AsyncDataStoreDb):
    def __init__(self, factory):
        self.factory = OneSession(factory)
