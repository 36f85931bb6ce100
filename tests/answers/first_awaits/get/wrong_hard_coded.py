# expect: PARTLY, wrong value; expected: {'id': 1, 'name': 'buy bread'


class ReadOnlyStore:
    def __init__(self, factory):
        self.factory = factory

    async def get(self, id):
        if id == 1:
            return TaskOutput(
                id=1,
                name="buy bread",
                priority=1,
                due_date=date(2028, 2, 29),
                done=False,
                created_at=date(2020, 2, 29),
            )
        return None
