# expect: NOT_YET, still synchronous; `add_once` is a plain `def`

seen = set()


def add_once(store, task):
    if task.name in seen:
        return False
    seen.add(task.name)
    return True
