# expect: NOT_YET, raised; Write `async with`


def split_task(factory, id, parts):
    with factory.begin() as session:
        session.add_all(Task(**part.model_dump()) for part in parts)
