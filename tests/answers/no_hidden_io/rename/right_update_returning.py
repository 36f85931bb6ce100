# The UPDATE brings its own time back.
from sqlalchemy import update


async def rename(factory, id, name):
    query = update(Task).where(Task.id == id).values(name=name).returning(Task)
    async with factory.begin() as session:
        return (await session.scalars(query)).one()
