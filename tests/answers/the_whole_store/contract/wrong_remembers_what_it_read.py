# expect: PARTLY, wrong value; then get(


class DataStoreDb(CountingStore):
    async def update(self, id, task):
        async with self.factory() as session:
            entity = await session.get(Task, id, with_for_update=True)
            if entity is None:
                raise ValueError(f"no task known with id '{id}'")
            for field, value in task.model_dump().items():
                setattr(entity, field, value)
            await session.commit()
            return TaskOutput.model_validate(entity)

    async def get(self, id):
        self.known = getattr(self, "known", {})
        if id not in self.known:
            self.known[id] = await super().get(id)
        return self.known[id]
