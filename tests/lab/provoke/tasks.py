"""Tasks and event loops: what asyncio is given to run, and where."""

import asyncio
from collections.abc import AsyncIterator

import anyio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from . import Elsewhere, provokes
from .kernel import run_in_kernel
from .sandbox import Sandbox, new_loop


async def count(id: int = 0) -> int:
    """Something to await."""
    return id


class Store:
    """Something with a method to await."""

    async def all(self) -> list[int]:
        """Return nothing."""
        return []


@provokes("task-of-a-function")
async def task_of_a_function(sandbox: Sandbox) -> None:
    """The function itself instead of a call to it."""
    asyncio.create_task(count)  # noqa: RUF006 (there will be no task)


@provokes("task-of-a-function")
async def task_of_a_method(sandbox: Sandbox) -> None:
    """The same in a TaskGroup."""
    async with asyncio.TaskGroup() as group:
        group.create_task(Store().all)


@provokes("task-of-a-function")
async def gather_functions(sandbox: Sandbox) -> None:
    """`gather` says it in other words."""
    await asyncio.gather(count, Store().all)


@provokes("task-of-a-function")
async def wait_for_a_function(sandbox: Sandbox) -> None:
    """So does `wait_for`."""
    await asyncio.wait_for(count, 1)


@provokes("task-of-a-function")
async def task_of_a_function_in_a_watched_kernel(sandbox: Sandbox) -> Elsewhere:
    """The watcher's own lines are not shown."""
    show = "__import__('todo_lib.lab.errors.lookup', fromlist=['explain']).explain()"
    cell = "%load_ext todo_lib.lab\nimport asyncio\nasync def f(): pass\nasyncio.create_task(f)"
    shown, printed = await run_in_kernel(sandbox, cell, show)
    assert "Your line 4: `asyncio.create_task(f)`" in shown
    return Elsewhere("task-of-a-function" if "the parentheses are missing" in shown else shown, printed)


@provokes("task-of-a-function")
def run_a_function(sandbox: Sandbox) -> None:
    """The last line of a script, without the parentheses."""
    with new_loop() as runner:
        runner.run(count)


@provokes("generator-called")
async def gather_dependencies(sandbox: Sandbox) -> None:
    """The call of an `async def` with a `yield` is no coroutine."""

    async def get_session() -> AsyncIterator[int]:
        yield 1

    await asyncio.gather(get_session())


@provokes("gather-without-star")
async def await_a_list(sandbox: Sandbox) -> None:
    """A list is nothing to await."""
    await [count(), count()]


@provokes("gather-without-star")
async def await_a_tuple(sandbox: Sandbox) -> None:
    """Nor is a tuple, made by its name."""
    await tuple(count(id) for id in range(2))


@provokes("gather-without-star")
async def await_a_name_of_a_list(sandbox: Sandbox) -> None:
    """The list has a name."""
    calls = [count(id) for id in range(2)]
    await calls


@provokes("gather-without-star")
async def gather_a_list(sandbox: Sandbox) -> None:
    """The `*` is missing."""
    await asyncio.gather([count(), count()])


@provokes("gather-without-star")
async def task_of_a_list(sandbox: Sandbox) -> None:
    """One task for all."""
    asyncio.create_task([count(), count()])  # noqa: RUF006 (there will be no task)


@provokes("await-on-nothing")
async def await_a_list_that_is_there(sandbox: Sandbox) -> None:
    """A list of results needs no `*`: it needs no `await`."""
    await [str(id) for id in range(2)]


@provokes("task-of-a-generator")
async def task_of_a_generator(sandbox: Sandbox) -> None:
    """One task for a whole loop."""
    async with asyncio.TaskGroup() as group:
        group.create_task(count(id) for id in range(2))


@provokes("gather-without-star")
async def gather_a_map(sandbox: Sandbox) -> None:
    """Whatever can be gone through."""
    await asyncio.gather(map(count, range(2)))


@provokes("gather-without-star")
async def gather_a_generator(sandbox: Sandbox) -> None:
    """The `*` is missing."""
    await asyncio.gather(count(id) for id in range(2))


@provokes("task-of-a-generator")
async def await_a_generator(sandbox: Sandbox) -> None:
    """The same without `gather`."""
    calls = (count(id) for id in range(2))
    await calls


@provokes("wait-takes-tasks")
async def wait_for_coroutines(sandbox: Sandbox) -> None:
    """It took them until Python 3.10."""
    await asyncio.wait([count(), count()])


@provokes("wait-takes-tasks")
async def wait_for_one(sandbox: Sandbox) -> None:
    """It wants several things."""
    await asyncio.wait(count())


@provokes("await-in-generator")
async def list_of_an_async_generator(sandbox: Sandbox) -> None:
    """Round brackets make a generator, and this one awaits."""
    list(await count(id) for id in range(2))  # noqa: C400 (this is the mistake)


@provokes("await-in-generator")
async def any_of_an_async_generator(sandbox: Sandbox) -> None:
    """The same without brackets of its own."""
    any(await count(id) for id in range(2))


@provokes("await-in-generator")
async def join_an_async_generator(sandbox: Sandbox) -> None:
    """`join` says it in other words."""
    ", ".join(str(await count(id)) for id in range(2))


@provokes("await-in-generator")
async def plain_for_over_an_async_generator(sandbox: Sandbox) -> None:
    """A function with `yield` is read by `async for`."""

    async def numbers() -> AsyncIterator[int]:
        yield 1

    for number in numbers():
        print(number)


@provokes("await-in-generator")
async def sort_an_async_generator(sandbox: Sandbox) -> None:
    """It is no list, and no dependency either."""
    numbers = (await count(id) for id in range(2))
    numbers.sort()


@provokes("await-in-generator")
async def gather_an_async_generator(sandbox: Sandbox) -> None:
    """Nor is it something to wait for."""
    await asyncio.gather(await count(id) for id in range(2))


@provokes("coroutine-awaited-twice")
async def await_twice(sandbox: Sandbox) -> None:
    """The second `await` finds nothing to run."""
    call = count()
    await call
    await call


@provokes("cancel-scope-other-task")
async def close_in_another_task(sandbox: Sandbox) -> None:
    """As a fixture does whose end runs in a task of its own."""

    async def fixture() -> AsyncIterator[None]:
        async with anyio.create_task_group():
            yield

    generator = fixture()
    await anext(generator)

    async def end() -> None:
        await generator.aclose()

    await asyncio.create_task(end())


@provokes("different-loop")
def queue_of_a_module(sandbox: Sandbox) -> None:
    """It belongs to the loop in which it first waited."""
    queue: asyncio.Queue[int] = asyncio.Queue()

    async def take() -> None:
        async with asyncio.timeout(0.01):
            await queue.get()

    with new_loop() as first, new_loop() as second:
        try:
            first.run(take())
        except TimeoutError:
            second.run(take())


@provokes("different-loop")
def semaphore_of_a_module(sandbox: Sandbox) -> None:
    """So does a semaphore for which somebody had to wait."""
    limit = asyncio.Semaphore(1)

    async def two() -> None:
        async def one() -> None:
            async with limit:
                await asyncio.sleep(0)

        await asyncio.gather(one(), one())

    with new_loop() as first, new_loop() as second:
        first.run(two())
        second.run(two())


@provokes("different-loop")
def pool_of_aiosqlite_that_makes_one_wait(sandbox: Sandbox) -> BaseException:
    """As long as nobody waits, this driver does not mind; the pool's queue does."""
    engine = create_async_engine(sandbox.file, pool_size=1, max_overflow=0)

    async def two() -> None:
        async def one() -> None:
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))

        await asyncio.gather(one(), one())

    with new_loop() as first:
        first.run(two())
        try:
            with new_loop() as second:
                second.run(two())
        except Exception as error:  # noqa: BLE001 (any error may be the one)
            return error
        finally:
            first.run(engine.dispose())
    raise AssertionError("nobody noticed")
