# expect: PARTLY, wrong value; on sqlite+aiosqlite


async def save_all(factory, names):
    """One savepoint around the loop: the first name that is taken takes all others along."""
    async with factory.begin() as session:
        try:
            async with session.begin_nested():
                session.add_all(Reminder(name=name) for name in names)
        except IntegrityError:
            return list(names)
    return []
