# expect: NOT_YET, still synchronous; `split_task` is a plain `def`


def split_task(factory, id, parts):
    session = factory()
    session.add_all(Task(**part.model_dump()) for part in parts)
