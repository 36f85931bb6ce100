# Another method does the query.


class CountingStore(ListingStore):
    async def get_statistics(self):
        tasks = await self.all()
        done = sum(task.done for task in tasks)
        return StatisticOverview(total_tasks=len(tasks), total_done=done, total_open=len(tasks) - done)
