# expect: PARTLY, wrong value; get_statistics() of 60 done and 90 open tasks


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

    async def get_statistics(self):
        return StatisticOverview(total_tasks=0, total_done=0, total_open=0)
