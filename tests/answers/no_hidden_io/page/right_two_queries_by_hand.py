# What selectinload does, written out; both queries are ordered.
from todo_lib.course.lessons.no_hidden_io.subtasks import Subtask, SubtaskOutput


async def page(factory, limit):
    async with factory() as session:
        tasks = (await session.scalars(select(Task).order_by(Task.id).limit(limit))).all()
        ids = [task.id for task in tasks]
        subtasks = (
            await session.scalars(select(Subtask).where(Subtask.task_id.in_(ids)).order_by(Subtask.id))
        ).all()
    steps = {id: [] for id in ids}
    for subtask in subtasks:
        steps[subtask.task_id].append(SubtaskOutput.model_validate(subtask))
    return [TaskOutput(id=task.id, name=task.name, subtasks=steps[task.id]) for task in tasks]
