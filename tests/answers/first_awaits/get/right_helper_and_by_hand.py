# A plain helper, the output built by hand, the factory under another name.

from sqlalchemy import select


class ReadOnlyStore:
    def __init__(self, make_session):
        self.make_session = make_session

    def get(self, id):
        return self._load(id)

    async def _load(self, id):
        async with self.make_session() as session:
            row = (await session.execute(select(Task).where(Task.id == id))).scalar()
            if not row:
                return None
            return TaskOutput(
                id=row.id,
                name=row.name,
                priority=row.priority,
                due_date=row.due_date,
                done=row.done,
                created_at=row.created_at,
            )
