# Methods that the class does not have: each call goes through `__getattr__`.
from todo_lib.async_app.datastore import DataStoreDb as AppStore


class DataStoreDb:
    def __init__(self, factory):
        self.store = AppStore(factory)

    def __getattr__(self, name):
        return getattr(self.store, name)
