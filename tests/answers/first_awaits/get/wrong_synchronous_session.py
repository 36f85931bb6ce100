# expect: NOT_YET, blocks the event loop; meaning: the synchronous SQLite driver
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool


class ReadOnlyStore:
    def __init__(self, factory):
        url = factory.kw["bind"].url.set(drivername="sqlite")
        self.engine = create_engine(url, poolclass=NullPool)

    async def get(self, id):
        with Session(self.engine) as session:
            entity = session.get(Task, id)
            return TaskOutput.model_validate(entity) if entity else None
