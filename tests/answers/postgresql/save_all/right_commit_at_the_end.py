async def save_all(factory, names):
    """The transaction in one's own hands."""
    taken = []
    async with factory() as session:
        for name in names:
            try:
                async with session.begin_nested():
                    session.add(Reminder(name=name))
            except IntegrityError:
                taken.append(name)
        await session.commit()
    return taken
