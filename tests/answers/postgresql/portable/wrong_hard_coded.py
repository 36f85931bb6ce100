# expect: PARTLY, wrong value; get_statistics() without tasks


class PortableStore(DataStoreDb):
    async def get_statistics(self):
        return StatisticOverview(total_tasks=150, total_done=60, total_open=90)
