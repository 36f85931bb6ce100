# expect: NOT_YET, still synchronous; `add` is a plain `def`


class DataStoreDb(ReadOnlyStore):
    def add(self, task):
        entity = Task(**task.model_dump(), id=1, created_at=date.today())
        return TaskOutput.model_validate(entity)
