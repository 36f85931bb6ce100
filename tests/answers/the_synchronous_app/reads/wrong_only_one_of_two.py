# expect: PARTLY, wrong value; saw: in `LegacyStore.all`: `


class ReadingStore(LegacyStore):
    def get(self, id):
        with self.session as session:
            entity = session.get(Task, id)
            return TaskOutput.model_validate(entity) if entity else None
