# The database searches, Python compares exactly.

from todo_lib.models import TaskFilter


async def add_once(store, task):
    similar = await store.filter(TaskFilter(q=task.name, limit=1000))
    if task.name in {each.name for each in similar}:
        return False
    return (await store.add(task)).name == task.name
