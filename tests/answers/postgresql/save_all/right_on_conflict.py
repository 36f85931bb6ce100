async def save_all(factory, names):
    """The database skips, and returns an id for what it wrote."""
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    taken = []
    async with factory.begin() as session:
        for name in names:
            query = postgresql.insert(Reminder).values(name=name).on_conflict_do_nothing()
            if (await session.execute(query.returning(Reminder.id))).first() is None:
                taken.append(name)
    return taken
