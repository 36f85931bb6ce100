"""What one call does: `add`, `get`, `all`, `filter`, `update`, `delete`, `get_statistics`."""

from datetime import date, timedelta
from typing import Any

from todo_lib.course.contract.harness import Harness
from todo_lib.course.contract.registry import names, rich_tasks, task_input, uses
from todo_lib.lab.checks.behaviour import BrokenPromise, Words, require_equal
from todo_lib.models import StatisticOverview, TaskFilter, TaskInput, TaskOutput


@uses("add")
async def add_returns_the_saved_task(harness: Harness) -> None:
    """add() returns the task as it was saved, with an id and today as creation date."""
    for given in rich_tasks():
        midnight_may_pass, as_it_was = {date.today()}, given.model_copy(deep=True)
        saved = await harness.open_store().add(given)
        midnight_may_pass.add(date.today())
        tried = f"add({given!r})"
        if not isinstance(saved, TaskOutput):
            raise BrokenPromise(tried, Words("a TaskOutput"), saved)
        require_equal(tried, as_it_was.model_dump(), saved.model_dump(exclude={"id", "created_at"}))
        require_equal(f"{tried}, then the task that was passed in", as_it_was, given)
        if saved.created_at not in midnight_may_pass:
            raise BrokenPromise(tried, f"created_at={date.today()}", f"created_at={saved.created_at}")


@uses("add")
async def add_saves_the_task(harness: Harness) -> None:
    """add() saves: a second client finds every value again."""
    wanted: dict[int, TaskOutput] = {}
    for given in rich_tasks():
        before, as_it_was = dict(wanted), given.model_copy(deep=True)
        saved = await harness.open_store().add(given)
        wanted[saved.id] = saved.model_copy(update=as_it_was.model_dump())
        require_equal(f"add({given!r}), then what the database holds", wanted, await harness.stored(), before)


@uses("add")
async def add_gives_each_task_its_own_id(harness: Harness) -> None:
    """add() gives each task an id of its own, even if the tasks are equal."""
    ids = {(await harness.open_store().add(task_input())).id for _ in range(3)}
    require_equal("add() of three equal tasks, number of different ids", 3, len(ids))


@uses("get")
async def get_finds_the_one_task(harness: Harness) -> None:
    """get() returns the task with this id, not its neighbour."""
    for wanted in await harness.insert_all(rich_tasks()):
        found = await harness.open_store().get(wanted.id)
        if not isinstance(found, TaskOutput):
            raise BrokenPromise(f"get({wanted.id}), which exists", Words("a TaskOutput"), found)
        hidden = {"created_at"}
        require_equal(
            f"get({wanted.id})", wanted.model_dump(exclude=hidden), found.model_dump(exclude=hidden)
        )


@uses("get")
async def get_returns_none_for_an_unknown_id(harness: Harness) -> None:
    """get() returns None for an unknown id."""
    await harness.insert(**task_input().model_dump())
    require_equal("get(4711), which does not exist", None, await harness.open_store().get(4711))
    gone = await harness.gap()
    require_equal(f"get({gone}), which was deleted", None, await harness.open_store().get(gone))


@uses("get")
async def get_keeps_the_creation_date(harness: Harness) -> None:
    """get() returns the creation date that was stored, not today's."""
    id = await harness.insert(**task_input().model_dump(), created_at=date(2020, 2, 29))
    found = await harness.open_store().get(id)
    require_equal(
        f"get({id}) of a task created on 2020-02-29", date(2020, 2, 29), getattr(found, "created_at", found)
    )


@uses("all")
async def all_returns_every_task(harness: Harness) -> None:
    """all() returns every task, oldest first; an empty list if there is none."""
    require_equal("all() without tasks", [], await harness.open_store().all())
    wanted = await harness.insert_all(rich_tasks(), created_at=date(2020, 2, 29))
    require_equal("all()", wanted, await harness.open_store().all())
    await harness.insert_all(rich_tasks() * 19)
    require_equal("all() of 120 tasks, how many it returns", 120, len(await harness.open_store().all()))


async def _filter(harness: Harness, **wanted: Any) -> list[str]:
    return names(await harness.open_store().filter(TaskFilter(**wanted)))


@uses("filter")
async def filter_finds_part_of_a_name(harness: Harness) -> None:
    """filter(q=…) finds a part of the name, in any case."""
    for name in ("Äpfel kaufen", "birnen kaufen", "nothing to see"):
        await harness.insert(**task_input(name).model_dump())
    require_equal("filter(q='KAUF')", ["Äpfel kaufen", "birnen kaufen"], await _filter(harness, q="KAUF"))
    require_equal("filter(q='äPFEL')", ["Äpfel kaufen"], await _filter(harness, q="äPFEL"))
    require_equal("filter(q='ÄPFEL')", ["Äpfel kaufen"], await _filter(harness, q="ÄPFEL"))
    require_equal("filter(q='plums')", [], await _filter(harness, q="plums"))


@uses("filter")
async def filter_takes_the_search_text_literally(harness: Harness) -> None:
    """filter(q=…) takes every character literally: %, _, /, backslash, quotes, spaces."""
    for name in (
        "100 percent",
        "100 % sure",
        "snake_case",
        "snakeXcase",
        "either/or",
        "back\\slash",
        "rock 'n' roll",
    ):
        await harness.insert(**task_input(name).model_dump())
    for q, name in (
        ("0 %", "100 % sure"),
        ("e_c", "snake_case"),
        ("r/o", "either/or"),
        ("k\\s", "back\\slash"),
        ("'n'", "rock 'n' roll"),
        (" r", "rock 'n' roll"),
    ):
        require_equal(f"filter(q={q!r})", [name], await _filter(harness, q=q))
    require_equal("filter(q='%'), number of tasks", 1, len(await _filter(harness, q="%")))


@uses("filter")
async def filter_returns_whole_tasks(harness: Harness) -> None:
    """filter() returns the tasks as they are stored, with every value, and as many as `limit` allows."""
    stored = await harness.insert_all(rich_tasks(), created_at=date(2020, 2, 29))
    in_order = sorted(stored, key=lambda each: (each.due_date, each.priority, each.id))
    for place, wanted in enumerate(in_order):
        found = await harness.open_store().filter(TaskFilter(limit=1, offset=place))
        require_equal(f"filter(limit=1, offset={place})", [wanted], found)
    await harness.insert_all(rich_tasks() * 19)
    require_equal("filter() of 120 tasks, how many it returns", 100, len(await _filter(harness)))
    require_equal("filter(limit=1000) of 120 tasks, how many", 120, len(await _filter(harness, limit=1000)))


@uses("filter")
async def filter_can_leave_out_done_tasks(harness: Harness) -> None:
    """filter() includes done tasks unless include_done is False."""
    await harness.insert(**task_input("still open", done=False).model_dump())
    await harness.insert(**task_input("long done", done=True).model_dump())
    require_equal("filter()", ["still open", "long done"], await _filter(harness))
    require_equal("filter(include_done=False)", ["still open"], await _filter(harness, include_done=False))


@uses("filter")
async def filter_can_ask_for_what_is_due(harness: Harness) -> None:
    """filter(due_before=…) returns what is due on that day or earlier."""
    limit = date(2028, 2, 29)
    for name, days in (("the day before", -1), ("the day itself", 0), ("the day after", 1)):
        await harness.insert(**task_input(name, due_date=limit + timedelta(days=days)).model_dump())
    require_equal(
        f"filter(due_before={limit})",
        ["the day before", "the day itself"],
        await _filter(harness, due_before=limit),
    )


@uses("filter")
async def filter_orders_and_pages(harness: Harness) -> None:
    """filter() orders by due date, then priority, then age; limit and offset cut a page out of that."""
    soon, later = date(2028, 2, 29), date(2028, 3, 1)
    for name, due_date, priority in (
        ("fifth", later, 9), ("second", soon, 2), ("fourth", later, 1), ("first", soon, 1), ("third", soon, 2)
    ):  # fmt: skip
        await harness.insert(**task_input(name, due_date=due_date, priority=priority).model_dump())
    in_order = ["first", "second", "third", "fourth", "fifth"]
    require_equal("filter()", in_order, await _filter(harness))
    require_equal("filter(limit=2)", in_order[:2], await _filter(harness, limit=2))
    require_equal("filter(limit=2, offset=2)", in_order[2:4], await _filter(harness, limit=2, offset=2))
    require_equal("filter(offset=5)", [], await _filter(harness, offset=5))


@uses("filter")
async def filter_combines_its_conditions(harness: Harness) -> None:
    """filter() returns only tasks that meet every condition, and counts pages among those."""
    limit = date(2028, 2, 29)
    for number in range(4):
        await harness.insert(**task_input(f"match number {number}", due_date=limit).model_dump())
        await harness.insert(**task_input("match but done", due_date=limit, done=True).model_dump())
        await harness.insert(**task_input("match too late", due_date=limit + timedelta(days=1)).model_dump())
        await harness.insert(**task_input("other name", due_date=limit).model_dump())
    page = {"q": "MATCH", "include_done": False, "due_before": limit, "limit": 2, "offset": 1}
    require_equal(f"filter(**{page})", ["match number 1", "match number 2"], await _filter(harness, **page))


@uses("update")
async def update_changes_every_field(harness: Harness) -> None:
    """update() changes name, priority, due date and done, for good; it returns the changed task."""
    id = await harness.insert(**task_input("as it was").model_dump(), created_at=date(2020, 2, 29))
    for new in rich_tasks():
        as_it_was = new.model_copy(deep=True)
        wanted = TaskOutput(id=id, created_at=date(2020, 2, 29), **new.model_dump())
        tried, before = f"update({id}, {new!r})", await harness.stored()
        require_equal(tried, wanted, await harness.open_store().update(id, new))
        require_equal(f"{tried}, then what the database holds", {id: wanted}, await harness.stored(), before)
        require_equal(f"{tried}, then the task that was passed in", as_it_was, new)


@uses("update")
async def update_replaces_what_is_left_out(harness: Harness) -> None:
    """update() replaces the whole task: `done`, if the client leaves it out, is False again."""
    id = await harness.insert(**task_input(done=True).model_dump())
    given = task_input().model_dump(exclude={"done"})
    tried = f"update({id}, TaskInput({', '.join(f'{key}={value!r}' for key, value in given.items())}))"
    changed = await harness.open_store().update(id, TaskInput(**given))
    require_equal(f"{tried} of a done task, its `done`", False, getattr(changed, "done", changed))
    require_equal(f"{tried} of a done task, then its `done`", False, (await harness.stored())[id].done)


@uses("update")
async def update_leaves_other_tasks_alone(harness: Harness) -> None:
    """update() changes this task and no other."""
    before, changing, after = await harness.insert_all(task_input(f"number {number}") for number in range(3))
    changed = await harness.open_store().update(changing.id, task_input("changed", done=True))
    wanted = {each.id: each for each in (before, changed, after)}
    require_equal(f"update({changing.id}, …), then what the database holds", wanted, await harness.stored())


@uses("update")
async def update_refuses_an_unknown_id(harness: Harness) -> None:
    """update() of an unknown id raises ValueError("no task known with id '…'") and saves nothing."""
    for tried, id in (
        ("update(4711, …), which does not exist", 4711),
        ("update() of a task that was deleted", await harness.gap()),
    ):
        before = await harness.stored()
        wanted = ValueError(f"no task known with id '{id}'")
        try:
            seen = await harness.open_store().update(id, task_input())
        except (ValueError, LookupError) as error:
            if not isinstance(error, ValueError) or str(error) != str(wanted):
                raise BrokenPromise(tried, wanted, error) from error
        else:
            raise BrokenPromise(tried, wanted, seen)
        require_equal(f"{tried}, then what the database holds", before, await harness.stored())


@uses("delete")
async def delete_removes_one_task(harness: Harness) -> None:
    """delete() removes this task for good, and no other; it returns True."""
    ids = [await harness.insert(**task_input(f"number {number}").model_dump()) for number in range(3)]
    require_equal(f"delete({ids[1]})", True, await harness.open_store().delete(ids[1]))
    left = list(await harness.stored())
    require_equal(f"delete({ids[1]}), then the ids that are left", [ids[0], ids[2]], left, before=ids)


@uses("delete")
async def delete_of_an_unknown_id_is_no_error(harness: Harness) -> None:
    """delete() of an unknown id returns False and removes nothing."""
    id = await harness.insert(**task_input().model_dump())
    require_equal("delete(4711), which does not exist", False, await harness.open_store().delete(4711))
    require_equal("delete(4711), then the ids that are left", [id], list(await harness.stored()))
    gone = await harness.gap()
    left = list(await harness.stored())
    require_equal(f"delete({gone}), which was deleted", False, await harness.open_store().delete(gone))
    require_equal(f"delete({gone}), then the ids that are left", left, list(await harness.stored()))


@uses("get_statistics")
async def statistics_count_the_tasks(harness: Harness) -> None:
    """get_statistics() counts all, done and open tasks; zeros if there are none."""
    nothing = StatisticOverview(total_tasks=0, total_done=0, total_open=0)
    require_equal("get_statistics() without tasks", nothing, await harness.open_store().get_statistics())
    await harness.insert_all(task_input(done=done) for done in (True, False, True, False, False) * 30)
    wanted = StatisticOverview(total_tasks=150, total_done=60, total_open=90)
    require_equal(
        "get_statistics() of 60 done and 90 open tasks", wanted, await harness.open_store().get_statistics()
    )
