# expect: NOT_YET, outside factory; next: Use the session your store was given: `with self.session as session:`.
from sqlalchemy.orm import sessionmaker

factory = sessionmaker()


class ReadingStore(LegacyStore):
    def get(self, id):
        with factory() as session:
            entity = session.get(Task, id)
            return TaskOutput.model_validate(entity) if entity else None
