# expect: NOT_YET, still synchronous; `load_all` is a plain `def`


def load_all(fetch, ids):
    return [fetch(id) for id in ids]
