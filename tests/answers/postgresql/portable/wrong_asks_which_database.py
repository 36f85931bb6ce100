# expect: PARTLY, raised; on postgresql+psycopg


class PortableStore(DataStoreDb):
    """Another query for one driver; the other was forgotten."""

    async def all(self):
        driver = self.factory.kw["bind"].url.drivername
        query = select(Task).order_by(Task.id if driver == "postgresql+asyncpg" else text("rowid"))
        async with self.factory() as session:
            return [TaskOutput.model_validate(task) for task in await session.scalars(query)]
