# Field by field, the output from a dict, the factory's own begin().


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        async with self.factory.begin() as session:
            entity = Task(name=task.name, priority=task.priority, due_date=task.due_date, done=task.done)
            session.add_all([entity])
            await session.flush()
            return TaskOutput(**task.model_dump(), id=entity.id, created_at=entity.created_at)
