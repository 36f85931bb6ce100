# expect: NOT_YET, wrong value; expected: StatisticOverview(total_tasks=150
# filter() returns at most 100 tasks.
from todo_lib.models import TaskFilter


class CountingStore(ListingStore):
    async def get_statistics(self):
        tasks = await self.filter(TaskFilter())
        done = sum(task.done for task in tasks)
        return StatisticOverview(total_tasks=len(tasks), total_done=done, total_open=len(tasks) - done)
