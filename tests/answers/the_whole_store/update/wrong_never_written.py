# expect: NOT_YET, wrong value; tried: update(1,


class DataStoreDb(CountingStore):
    async def update(self, id, task):
        return TaskOutput(**task.model_dump(), id=id, created_at=date.today())
