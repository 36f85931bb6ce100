# expect: PARTLY, wrong value; of 2 tasks


async def page(factory, limit):
    return [TaskOutput(id=number, name=f"task {number}", subtasks=[]) for number in range(1, limit + 1)]
