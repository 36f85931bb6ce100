# expect: PARTLY, wrong value; saw: in `ReadingStore.tasks`: `return self.session.query(Task)`


class ReadingStore(LegacyStore):
    def tasks(self):
        return self.session.query(Task)

    def get(self, id):
        entity = self.tasks().filter_by(id=id).one_or_none()
        return entity and TaskOutput.model_validate(entity)

    def all(self):
        return [TaskOutput.model_validate(each) for each in self.tasks().order_by(Task.id)]
