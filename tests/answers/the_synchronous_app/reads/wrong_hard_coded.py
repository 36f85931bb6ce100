# expect: PARTLY, wrong value; expected: {'id': 1, 'name': 'buy bread'


class ReadingStore(LegacyStore):
    def get(self, id):
        if id == 1:
            return TaskOutput(
                id=1,
                name="buy milk",
                priority=1,
                due_date=date(2028, 2, 29),
                done=False,
                created_at=date(2020, 2, 29),
            )
        return None

    def all(self):
        with self.session as session:
            return [
                TaskOutput.model_validate(each) for each in session.scalars(select(Task).order_by(Task.id))
            ]
