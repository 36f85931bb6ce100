# expect: NOT_YET, still synchronous; `load_all` is a plain `def`


def load_all(factory, load, ids):
    return [load(factory(), id) for id in ids]
