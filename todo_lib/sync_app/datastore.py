"""The store: every question the app asks of its database."""

from sqlalchemy import delete, func, not_, select
from sqlalchemy.orm import Session

from todo_lib.entities import Task
from todo_lib.models import StatisticOverview, TaskFilter, TaskInput, TaskOutput


class DataStoreDb:
    """Keep tasks in a database. Each call is one transaction."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, task: TaskInput) -> TaskOutput:
        """Save a new task; return it with its id and creation date."""
        with self.session as session:
            entity = Task(**task.model_dump())
            session.add(entity)
            session.commit()
            return TaskOutput.model_validate(entity)

    def get(self, id: int) -> TaskOutput | None:
        """Return the task with this id, or None."""
        with self.session as session:
            entity = session.get(Task, id)
            return TaskOutput.model_validate(entity) if entity else None

    def all(self) -> list[TaskOutput]:
        """Return every task, oldest first."""
        with self.session as session:
            entities = session.scalars(select(Task).order_by(Task.id))
            return [TaskOutput.model_validate(entity) for entity in entities]

    def filter(self, wanted: TaskFilter) -> list[TaskOutput]:
        """Return the wanted tasks: the next one due first, then by priority, then by age."""
        query = select(Task).order_by(Task.due_date, Task.priority, Task.id)
        if wanted.q:
            query = query.where(Task.name.icontains(wanted.q, autoescape=True))
        if not wanted.include_done:
            query = query.where(not_(Task.done))
        if wanted.due_before:
            query = query.where(Task.due_date <= wanted.due_before)
        with self.session as session:
            entities = session.scalars(query.limit(wanted.limit).offset(wanted.offset))
            return [TaskOutput.model_validate(entity) for entity in entities]

    def update(self, id: int, task: TaskInput) -> TaskOutput:
        """Replace what the client can set; return the task. Raise `ValueError` for an unknown id."""
        with self.session as session:
            entity = session.get(Task, id, with_for_update=True)
            if entity is None:
                raise ValueError(f"no task known with id '{id}'")
            for field, value in task.model_dump().items():
                setattr(entity, field, value)
            session.commit()
            return TaskOutput.model_validate(entity)

    def delete(self, id: int) -> bool:
        """Delete the task; return whether there was one."""
        with self.session as session:
            result = session.execute(delete(Task).where(Task.id == id))
            session.commit()
            return result.rowcount > 0

    def get_statistics(self) -> StatisticOverview:
        """Count the tasks: all, done, open."""
        done = func.count().filter(Task.done)
        query = select(func.count(), done, func.count() - done).select_from(Task)
        with self.session as session:
            result = session.execute(query)
            total_tasks, total_done, total_open = result.one()
        return StatisticOverview(total_tasks=total_tasks, total_done=total_done, total_open=total_open)
