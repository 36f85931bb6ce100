# expect: PARTLY, wrong value; then what the database holds

remembered = []


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        remembered.append(task)
        return TaskOutput(**task.model_dump(), id=len(remembered), created_at=date.today())
