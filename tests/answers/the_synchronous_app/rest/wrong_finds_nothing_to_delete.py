# expect: PARTLY, raised; UnmappedInstanceError


class NewStore(ReadingStore):
    def filter(self, wanted):
        query = select(Task).order_by(Task.due_date, Task.priority, Task.id)
        if wanted.q:
            query = query.where(Task.name.icontains(wanted.q, autoescape=True))
        if not wanted.include_done:
            query = query.where(Task.done == False)
        if wanted.due_before:
            query = query.where(Task.due_date <= wanted.due_before)
        with self.session as session:
            tasks = session.scalars(query.limit(wanted.limit).offset(wanted.offset))
            return [TaskOutput.model_validate(task) for task in tasks]

    def delete(self, id):
        with self.session as session:
            session.delete(session.get(Task, id))
            session.commit()
            return True

    def get_statistics(self):
        with self.session as session:
            done = session.scalars(select(Task.done)).all()
        return StatisticOverview(
            total_tasks=len(done), total_done=sum(done), total_open=len(done) - sum(done)
        )
