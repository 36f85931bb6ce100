# expect: PARTLY, wrong value; saw: 3 commits


async def save_all(factory, names):
    """Right, but half of it stays if the program stops in the middle."""
    taken = []
    for name in names:
        try:
            async with factory.begin() as session:
                session.add(Reminder(name=name))
        except IntegrityError:
            taken.append(name)
    return taken
