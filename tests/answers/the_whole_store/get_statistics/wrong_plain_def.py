# expect: NOT_YET, still synchronous; `get_statistics` is a plain `def`


class CountingStore(ListingStore):
    def get_statistics(self):
        return StatisticOverview(total_tasks=0, total_done=0, total_open=0)
