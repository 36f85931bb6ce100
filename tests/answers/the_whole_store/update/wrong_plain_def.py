# expect: NOT_YET, still synchronous; `update` is a plain `def`


class DataStoreDb(CountingStore):
    def update(self, id, task):
        return TaskOutput(**task.model_dump(), id=id, created_at=date.today())
