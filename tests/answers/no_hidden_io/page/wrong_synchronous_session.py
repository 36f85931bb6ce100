# expect: NOT_YET, blocks the event loop; blocking call
from sqlalchemy import create_engine
from sqlalchemy.orm import Session


async def page(factory, limit):
    engine = create_engine(factory.kw["bind"].url.set(drivername="sqlite"))
    query = select(Task).order_by(Task.id).limit(limit).options(selectinload(Task.subtasks))
    with Session(engine) as session:
        found = session.scalars(query).all()
    engine.dispose()
    return found
