"""The contract: what every store promises, sentence by sentence.

A behaviour is an async function of a `Bench`. Its docstring is the sentence a learner reads. It returns
nothing when the promise holds and raises `Broken` when not; anything else raised comes from the store.
It uses the store's public methods only, so it judges any store in any style.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from blockbuster import blockbuster_ctx

from todo_lib.lab.bench import Bench
from todo_lib.models import StatisticOverview, TaskFilter, TaskInput, TaskOutput

Behaviour = Callable[[Bench], Awaitable[None]]

BEHAVIOURS: list[Behaviour] = []
NEEDS: dict[Behaviour, frozenset[str]] = {}


class Broken(AssertionError):
    """A promise that does not hold: what was `tried`, what was `expected`, what was `seen`."""

    def __init__(self, tried: str, expected: object, seen: object) -> None:
        super().__init__(f"{tried}: expected {expected!r}, saw {seen!r}")
        self.tried, self.expected, self.seen = tried, expected, seen


def behaviours(*methods: str) -> list[Behaviour]:
    """Return the behaviours that use no other methods than these, in order; all of them without arguments."""
    return [behaviour for behaviour in BEHAVIOURS if not methods or NEEDS[behaviour] <= set(methods)]


def sentence(behaviour: Behaviour) -> str:
    """Return a behaviour's promise, as a learner reads it."""
    return (behaviour.__doc__ or "").splitlines()[0]


def _uses(*methods: str) -> Callable[[Behaviour], Behaviour]:
    def register(behaviour: Behaviour) -> Behaviour:
        BEHAVIOURS.append(behaviour)
        NEEDS[behaviour] = frozenset(methods)
        return behaviour

    return register


def expect(tried: str, expected: object, seen: object) -> None:
    """Raise `Broken` unless `seen` equals `expected`."""
    if type(seen) is not type(expected) or seen != expected:
        raise Broken(tried, expected, seen)


def task(name: str = "water the plants", **values: Any) -> TaskInput:
    """Return a task to save, due tomorrow unless said otherwise."""
    defaults = {"priority": 4, "due_date": date.today() + timedelta(days=1), "done": False}
    return TaskInput(name=name, **defaults | values)


def rich_tasks() -> list[TaskInput]:
    """Return tasks that catch what simple data hides: no two columns ever hold the same value."""
    today = date.today()
    return [
        task("buy bread", priority=1, due_date=today),
        task("buy bread", priority=9, due_date=today, done=True),
        task("Prüfung für Zoë – 你好 🎉", priority=3, due_date=date(2028, 2, 29)),
        task("x" * 100, priority=7, due_date=date(1999, 12, 31), done=True),
        task("100 % of_it / 'done' \\ or not", priority=2, due_date=date(9999, 12, 31)),
        task(" spaces around ", priority=5, due_date=today + timedelta(days=365)),
    ]


def _names(tasks: list[TaskOutput]) -> list[str]:
    return [each.name for each in tasks]


@_uses("add")
async def add_returns_the_saved_task(bench: Bench) -> None:
    """add() returns the task as it was saved, with an id and today as creation date."""
    for given in rich_tasks():
        midnight_may_pass = {date.today()}
        saved = await bench.open_store().add(given)
        midnight_may_pass.add(date.today())
        tried = f"add({given!r})"
        if not isinstance(saved, TaskOutput):
            raise Broken(tried, "a TaskOutput", saved)
        expect(tried, given.model_dump(), saved.model_dump(exclude={"id", "created_at"}))
        if saved.created_at not in midnight_may_pass:
            raise Broken(tried, f"created_at={date.today()}", f"created_at={saved.created_at}")


@_uses("add")
async def add_saves_the_task(bench: Bench) -> None:
    """add() saves: a second client finds every value again."""
    wanted: dict[int, TaskOutput] = {}
    for given in rich_tasks():
        saved = await bench.open_store().add(given)
        wanted[saved.id] = saved
        expect(f"add({given!r}), then what the database holds", wanted, await bench.stored())


@_uses("add")
async def add_gives_each_task_its_own_id(bench: Bench) -> None:
    """add() gives each task an id of its own, even if the tasks are equal."""
    ids = {(await bench.open_store().add(task())).id for _ in range(3)}
    expect("add() of three equal tasks, number of different ids", 3, len(ids))


@_uses("get")
async def get_finds_the_one_task(bench: Bench) -> None:
    """get() returns the task with this id, not its neighbour."""
    for wanted in await bench.insert_all(rich_tasks()):
        found = await bench.open_store().get(wanted.id)
        if not isinstance(found, TaskOutput):
            raise Broken(f"get({wanted.id}), which exists", "a TaskOutput", found)
        hidden = {"created_at"}
        expect(f"get({wanted.id})", wanted.model_dump(exclude=hidden), found.model_dump(exclude=hidden))


@_uses("get")
async def get_returns_none_for_an_unknown_id(bench: Bench) -> None:
    """get() returns None for an unknown id."""
    await bench.insert(**task().model_dump())
    expect("get(4711), which does not exist", None, await bench.open_store().get(4711))


@_uses("get")
async def get_keeps_the_creation_date(bench: Bench) -> None:
    """get() returns the creation date that was stored, not today's."""
    id = await bench.insert(**task().model_dump(), created_at=date(2020, 2, 29))
    found = await bench.open_store().get(id)
    expect(
        f"get({id}) of a task created on 2020-02-29", date(2020, 2, 29), getattr(found, "created_at", found)
    )


@_uses("all")
async def all_returns_every_task(bench: Bench) -> None:
    """all() returns every task, oldest first; an empty list if there is none."""
    expect("all() without tasks", [], await bench.open_store().all())
    wanted = await bench.insert_all(rich_tasks(), created_at=date(2020, 2, 29))
    expect("all()", wanted, await bench.open_store().all())
    await bench.insert_all(rich_tasks() * 19)
    expect("all() of 120 tasks, how many it returns", 120, len(await bench.open_store().all()))


async def _filter(bench: Bench, **wanted: Any) -> list[str]:
    return _names(await bench.open_store().filter(TaskFilter(**wanted)))


@_uses("filter")
async def filter_finds_part_of_a_name(bench: Bench) -> None:
    """filter(q=…) finds a part of the name, in any case."""
    for name in ("Äpfel kaufen", "birnen kaufen", "nothing to see"):
        await bench.insert(**task(name).model_dump())
    expect("filter(q='KAUF')", ["Äpfel kaufen", "birnen kaufen"], await _filter(bench, q="KAUF"))
    expect("filter(q='äPFEL')", ["Äpfel kaufen"], await _filter(bench, q="äPFEL"))
    expect("filter(q='ÄPFEL')", ["Äpfel kaufen"], await _filter(bench, q="ÄPFEL"))
    expect("filter(q='plums')", [], await _filter(bench, q="plums"))


@_uses("filter")
async def filter_takes_the_search_text_literally(bench: Bench) -> None:
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
        await bench.insert(**task(name).model_dump())
    for q, name in (
        ("0 %", "100 % sure"),
        ("e_c", "snake_case"),
        ("r/o", "either/or"),
        ("k\\s", "back\\slash"),
        ("'n'", "rock 'n' roll"),
        (" r", "rock 'n' roll"),
    ):
        expect(f"filter(q={q!r})", [name], await _filter(bench, q=q))
    expect("filter(q='%'), number of tasks", 1, len(await _filter(bench, q="%")))


@_uses("filter")
async def filter_returns_whole_tasks(bench: Bench) -> None:
    """filter() returns the tasks as they are stored, with every value, and as many as `limit` allows."""
    stored = await bench.insert_all(rich_tasks(), created_at=date(2020, 2, 29))
    in_order = sorted(stored, key=lambda each: (each.due_date, each.priority, each.id))
    for place, wanted in enumerate(in_order):
        found = await bench.open_store().filter(TaskFilter(limit=1, offset=place))
        expect(f"filter(limit=1, offset={place})", [wanted], found)
    await bench.insert_all(rich_tasks() * 19)
    expect("filter() of 120 tasks, how many it returns", 100, len(await _filter(bench)))
    expect("filter(limit=1000) of 120 tasks, how many", 120, len(await _filter(bench, limit=1000)))


@_uses("filter")
async def filter_can_leave_out_done_tasks(bench: Bench) -> None:
    """filter() includes done tasks unless include_done is False."""
    await bench.insert(**task("still open", done=False).model_dump())
    await bench.insert(**task("long done", done=True).model_dump())
    expect("filter()", ["still open", "long done"], await _filter(bench))
    expect("filter(include_done=False)", ["still open"], await _filter(bench, include_done=False))


@_uses("filter")
async def filter_can_ask_for_what_is_due(bench: Bench) -> None:
    """filter(due_before=…) returns what is due on that day or earlier."""
    limit = date(2028, 2, 29)
    for name, days in (("the day before", -1), ("the day itself", 0), ("the day after", 1)):
        await bench.insert(**task(name, due_date=limit + timedelta(days=days)).model_dump())
    expect(
        f"filter(due_before={limit})",
        ["the day before", "the day itself"],
        await _filter(bench, due_before=limit),
    )


@_uses("filter")
async def filter_orders_and_pages(bench: Bench) -> None:
    """filter() orders by due date, then priority, then age; limit and offset cut a page out of that."""
    soon, later = date(2028, 2, 29), date(2028, 3, 1)
    for name, due_date, priority in (
        ("fifth", later, 9), ("second", soon, 2), ("fourth", later, 1), ("first", soon, 1), ("third", soon, 2)
    ):  # fmt: skip
        await bench.insert(**task(name, due_date=due_date, priority=priority).model_dump())
    in_order = ["first", "second", "third", "fourth", "fifth"]
    expect("filter()", in_order, await _filter(bench))
    expect("filter(limit=2)", in_order[:2], await _filter(bench, limit=2))
    expect("filter(limit=2, offset=2)", in_order[2:4], await _filter(bench, limit=2, offset=2))
    expect("filter(offset=5)", [], await _filter(bench, offset=5))


@_uses("filter")
async def filter_combines_its_conditions(bench: Bench) -> None:
    """filter() returns only tasks that meet every condition, and counts pages among those."""
    limit = date(2028, 2, 29)
    for number in range(4):
        await bench.insert(**task(f"match number {number}", due_date=limit).model_dump())
        await bench.insert(**task("match but done", due_date=limit, done=True).model_dump())
        await bench.insert(**task("match too late", due_date=limit + timedelta(days=1)).model_dump())
        await bench.insert(**task("other name", due_date=limit).model_dump())
    page = {"q": "MATCH", "include_done": False, "due_before": limit, "limit": 2, "offset": 1}
    expect(f"filter(**{page})", ["match number 1", "match number 2"], await _filter(bench, **page))


@_uses("update")
async def update_changes_every_field(bench: Bench) -> None:
    """update() changes name, priority, due date and done, for good; it returns the changed task."""
    id = await bench.insert(**task("as it was").model_dump(), created_at=date(2020, 2, 29))
    for new in rich_tasks():
        wanted = TaskOutput(id=id, created_at=date(2020, 2, 29), **new.model_dump())
        expect(f"update({id}, {new!r})", wanted, await bench.open_store().update(id, new))
        expect(f"update({id}, {new!r}), then what the database holds", {id: wanted}, await bench.stored())


@_uses("update")
async def update_leaves_other_tasks_alone(bench: Bench) -> None:
    """update() changes this task and no other."""
    before, changing, after = await bench.insert_all(task(f"number {number}") for number in range(3))
    changed = await bench.open_store().update(changing.id, task("changed", done=True))
    wanted = {each.id: each for each in (before, changed, after)}
    expect(f"update({changing.id}, …), then what the database holds", wanted, await bench.stored())


@_uses("update")
async def update_refuses_an_unknown_id(bench: Bench) -> None:
    """update() of an unknown id raises ValueError("no task known with id '…'") and saves nothing."""
    tried = "update(4711, …), which does not exist"
    wanted = ValueError("no task known with id '4711'")
    try:
        seen = await bench.open_store().update(4711, task())
    except ValueError as error:
        if str(error) != str(wanted):
            raise Broken(tried, wanted, error) from error
    else:
        raise Broken(tried, wanted, seen)
    expect(f"{tried}, then what the database holds", {}, await bench.stored())


@_uses("delete")
async def delete_removes_one_task(bench: Bench) -> None:
    """delete() removes this task for good, and no other; it returns True."""
    ids = [await bench.insert(**task(f"number {number}").model_dump()) for number in range(3)]
    expect(f"delete({ids[1]})", True, await bench.open_store().delete(ids[1]))
    expect(f"delete({ids[1]}), then the ids that are left", [ids[0], ids[2]], list(await bench.stored()))


@_uses("delete")
async def delete_of_an_unknown_id_is_no_error(bench: Bench) -> None:
    """delete() of an unknown id returns False and removes nothing."""
    id = await bench.insert(**task().model_dump())
    expect("delete(4711), which does not exist", False, await bench.open_store().delete(4711))
    expect("delete(4711), then the ids that are left", [id], list(await bench.stored()))


@_uses("get_statistics")
async def statistics_count_the_tasks(bench: Bench) -> None:
    """get_statistics() counts all, done and open tasks; zeros if there are none."""
    nothing = StatisticOverview(total_tasks=0, total_done=0, total_open=0)
    expect("get_statistics() without tasks", nothing, await bench.open_store().get_statistics())
    await bench.insert_all(task(done=done) for done in (True, False, True, False, False) * 30)
    wanted = StatisticOverview(total_tasks=150, total_done=60, total_open=90)
    expect("get_statistics() of 60 done and 90 open tasks", wanted, await bench.open_store().get_statistics())


@_uses("add", "get", "update", "delete")
async def the_methods_agree(bench: Bench) -> None:
    """What one method saves, the next one sees: nothing is remembered that is no longer true."""
    store = bench.open_store()
    saved = await store.add(task())
    expect(f"add(), then get({saved.id})", saved, await store.get(saved.id))
    changed = await store.update(saved.id, task("changed", done=True))
    expect(f"update({saved.id}, …), then get({saved.id})", changed, await store.get(saved.id))
    await store.delete(saved.id)
    expect(f"delete({saved.id}), then get({saved.id})", None, await store.get(saved.id))


async def _at_once(*calls: Awaitable[Any]) -> list[Any]:
    """Return all results, or raise the first error; either way no call is still running."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


@_uses("update")
async def concurrent_updates_do_not_mix(bench: Bench) -> None:
    """Nine updates of one task at the same moment all succeed; the last one leaves all of its values."""
    id = await bench.insert(**task().model_dump())
    store = bench.open_store()
    for _ in range(3):  # the first time, opening connections keeps the calls apart
        updates = [store.update(id, task(f"number {number}", priority=number)) for number in range(1, 10)]
        saved = await _at_once(*updates)
        found = (await bench.stored())[id]
        if found not in saved:
            raise Broken("nine update() of one task at the same moment", "what one of them returned", found)


@_uses("add", "get")
async def concurrent_calls_do_not_disturb_each_other(bench: Bench) -> None:
    """Ten calls at once on one store all succeed: each has a session of its own."""
    store = bench.open_store()
    saved = await _at_once(*(store.add(task(f"number {number}")) for number in range(10)))
    found = await _at_once(*(store.get(each.id) for each in saved))
    expect(
        "ten add() at once, then ten get() at once",
        [f"number {number}" for number in range(10)],
        _names(found),
    )


@_uses("add", "get")
async def add_and_get_give_their_connection_back(bench: Bench) -> None:
    """add() and get() give their connection back to the pool when they return, or raise."""
    store = bench.open_store()
    saved = await store.add(task())
    expect("add(), then connections still held", 0, bench.checked_out())
    await store.get(saved.id)
    expect("get(), then connections still held", 0, bench.checked_out())
    impossible = task().model_copy(update={"priority": 2**70})  # more than the column can hold
    await asyncio.gather(store.add(impossible), return_exceptions=True)
    expect("add() of what the database refuses, then connections still held", 0, bench.checked_out())


@_uses("all", "filter", "update", "delete", "get_statistics")
async def the_other_calls_give_their_connection_back(bench: Bench) -> None:
    """The other methods give their connection back too, even update() when it raises."""
    store = bench.open_store()
    id = await bench.insert(**task().model_dump())
    await asyncio.gather(store.update(4711, task()), return_exceptions=True)
    expect("update(4711, …), which raises, then connections still held", 0, bench.checked_out())
    for tried, call in (
        ("update()", lambda: store.update(id, task())),
        ("all()", store.all),
        ("filter()", lambda: store.filter(TaskFilter())),
        ("get_statistics()", store.get_statistics),
        ("delete()", lambda: store.delete(id)),
    ):
        await call()
        expect(f"{tried}, then connections still held", 0, bench.checked_out())


@_uses("add", "get")
async def add_and_get_do_not_block_the_event_loop(bench: Bench) -> None:
    """While add() and get() wait for the database, other tasks run: nothing blocks the event loop."""
    store = bench.open_store()
    with blockbuster_ctx():
        saved = await store.add(task())
        await store.get(saved.id)


@_uses("all", "filter", "update", "delete", "get_statistics")
async def the_other_calls_do_not_block_the_event_loop(bench: Bench) -> None:
    """The other methods do not block the event loop either."""
    store = bench.open_store()
    id = await bench.insert(**task().model_dump())
    with blockbuster_ctx():
        await store.update(id, task())
        await store.all()
        await store.filter(TaskFilter(q="plants"))
        await store.get_statistics()
        await store.delete(id)
