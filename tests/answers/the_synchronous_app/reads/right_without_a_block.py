# The endpoint's dependency closes the session: a block of one's own is not needed.


class ReadingStore:
    def __init__(self, session):
        self.db = session

    def get(self, id):
        row = self.db.get(Task, id)
        return row and TaskOutput.model_validate(row)

    def all(self):
        return list(map(TaskOutput.model_validate, self.db.scalars(select(Task).order_by(Task.id))))
