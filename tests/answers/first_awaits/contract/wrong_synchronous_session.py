# expect: PARTLY, blocks the event loop; meaning: the synchronous SQLite driver
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool


class DataStoreDb(ReadOnlyStore):
    async def add(self, task):
        engine = create_engine(self.factory.kw["bind"].url.set(drivername="sqlite"), poolclass=NullPool)
        with Session(engine) as session:
            entity = Task(**task.model_dump())
            session.add(entity)
            session.commit()
            return TaskOutput.model_validate(entity)
