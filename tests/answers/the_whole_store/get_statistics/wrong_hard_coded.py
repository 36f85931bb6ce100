# expect: NOT_YET, wrong value; get_statistics() of 60 done and 90 open tasks


class CountingStore(ListingStore):
    async def get_statistics(self):
        return StatisticOverview(total_tasks=0, total_done=0, total_open=0)
