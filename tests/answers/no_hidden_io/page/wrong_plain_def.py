# expect: NOT_YET, not awaited; `await` needs `async def`


def page(factory, limit):
    session = factory()
    return session.scalars(select(Task).limit(limit).options(selectinload(Task.subtasks))).all()
