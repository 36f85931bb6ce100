# expect: PARTLY, wrong value; tried: add(


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        return TaskOutput(
            id=1,
            name="buy bread",
            priority=1,
            due_date=date(2028, 2, 29),
            done=False,
            created_at=date.today(),
        )
