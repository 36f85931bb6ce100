# expect: PARTLY, connection kept; connections still held


async def save_all(factory, names):
    """Saved, committed, and never closed: the query at the end takes a connection again."""
    taken = []
    session = factory()
    save_all.sessions = [*getattr(save_all, "sessions", []), session]
    for name in names:
        try:
            async with session.begin_nested():
                session.add(Reminder(name=name))
        except IntegrityError:
            taken.append(name)
    await session.commit()
    await session.execute(select(Reminder.id))
    return taken
