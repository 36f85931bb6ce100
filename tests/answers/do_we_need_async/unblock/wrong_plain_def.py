# expect: NOT_YET, blocks the event loop; line 5: `return slow_report(store)`


def responsive_report(slow_report, store):
    return slow_report(store)
