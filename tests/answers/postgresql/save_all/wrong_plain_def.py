# expect: PARTLY, raised; on sqlite+aiosqlite


def save_all(factory, names):
    """As it was before the migration."""
    taken = []
    with factory.begin() as session:
        for name in names:
            try:
                with session.begin_nested():
                    session.add(Reminder(name=name))
            except IntegrityError:
                taken.append(name)
    return taken
