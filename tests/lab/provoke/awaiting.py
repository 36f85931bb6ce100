"""Coroutines and who runs them: `await` forgotten, in the wrong place, or not possible."""

import asyncio
import time
import warnings

from blockbuster import BlockBuster
from sqlalchemy import create_engine, select

from . import Elsewhere, provokes
from .kernel import key_found_in_kernel
from .sandbox import Project, Sandbox, Todo, new_loop


@provokes("never-awaited")
async def forgotten_commit(sandbox: Sandbox) -> Warning:
    """No error, and the row is lost."""
    async with sandbox.sqlite() as factory:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            async with factory() as session:
                session.add(Project(name="kitchen"))
                session.commit()
        async with factory() as session:
            assert await session.scalar(select(Project).where(Project.name == "kitchen")) is None
    (warning,) = caught
    return warning.message


@provokes("await-on-nothing")
async def await_what_is_not_async(sandbox: Sandbox) -> None:
    """`add` only notes something in memory."""
    async with sandbox.sqlite() as factory, factory() as session:
        await session.add(Project(name="kitchen"))


@provokes("await-on-nothing")
async def await_a_plain_function(sandbox: Sandbox) -> None:
    """A function that was to become `async def`, and did not."""

    def count() -> int:
        return 2

    await count()


@provokes("await-without-call")
async def await_a_function_itself(sandbox: Sandbox) -> None:
    """The parentheses are forgotten."""

    async def count() -> int:
        return 2

    await count


@provokes("await-without-call")
async def await_a_method_itself(sandbox: Sandbox) -> None:
    """The same with a method."""
    async with sandbox.sqlite() as factory, factory() as session:
        await session.commit


@provokes("await-in-plain-def")
async def await_in_a_cell_without_async(sandbox: Sandbox) -> Elsewhere:
    """A cell is refused as a whole."""
    return await key_found_in_kernel(sandbox, "def count(store):\n    return await store.count()")


@provokes("await-in-plain-def")
def async_with_in_a_file_without_async(sandbox: Sandbox) -> None:
    """So is a file."""
    compile("def get(self):\n    async with self.factory():\n        pass", "datastore.py", "exec")


@provokes("async-with-on-sync")
async def async_with_a_plain_session(sandbox: Sandbox) -> None:
    """The engine is still the synchronous one."""
    engine = create_engine("sqlite://")
    connection = engine.connect()
    try:
        async with connection:
            pass
    finally:
        connection.close()
        engine.dispose()


@provokes("async-with-on-sync")
async def async_for_over_a_list(sandbox: Sandbox) -> None:
    """The result of `await session.scalars(…)` is complete: there is nothing to wait for."""
    async with sandbox.sqlite() as factory, factory() as session:
        async for todo in await session.scalars(select(Todo)):
            print(todo)


@provokes("factory-not-called")
async def async_with_the_factory(sandbox: Sandbox) -> None:
    """It has no session yet: the brackets are missing."""
    async with sandbox.sqlite() as factory, factory as session:
        await session.commit()


@provokes("factory-not-called")
async def a_query_by_the_factory(sandbox: Sandbox) -> None:
    """The same mistake without a block."""
    async with sandbox.sqlite() as factory:
        await factory.get(Project, 1)


@provokes("sync-with-on-async")
async def plain_with_an_async_session(sandbox: Sandbox) -> None:
    """Closing an async session must be awaited."""
    async with sandbox.sqlite() as factory:
        with factory() as session:
            session.add(Project(name="kitchen"))


@provokes("run-in-notebook")
async def run_in_a_kernel(sandbox: Sandbox) -> Elsewhere:
    """A notebook has a running event loop already."""
    return await key_found_in_kernel(sandbox, "import asyncio\nasyncio.run(asyncio.sleep(0))")


@provokes("run-in-notebook")
async def run_inside_a_coroutine(sandbox: Sandbox) -> None:
    """So has every `async def`."""
    asyncio.run(asyncio.sleep(0))


@provokes("run-in-notebook")
async def run_until_complete_inside_a_coroutine(sandbox: Sandbox) -> None:
    """The older spelling."""
    asyncio.get_running_loop().run_until_complete(asyncio.sleep(0))


@provokes("cell-not-run")
async def name_of_a_skipped_cell(sandbox: Sandbox) -> Elsewhere:
    """A fresh kernel knows nothing of the cells above."""
    return await key_found_in_kernel(sandbox, "async with factory() as session:\n    pass")


@provokes("letter-without-quotes")
async def letter_of_an_answer_without_quotes(sandbox: Sandbox) -> Elsewhere:
    """The question is the course's own."""
    set_up = "from todo_lib.course import lesson\nq = lesson('00')\n"
    return await key_found_in_kernel(sandbox, set_up + "q.run.predict(C)")


@provokes("blocking-call")
async def sleep_under_watch(sandbox: Sandbox) -> None:
    """The tool blockbuster makes it an error."""
    watch = BlockBuster("tests.lab.provoke")
    watch.activate()
    try:
        time.sleep(0.001)  # noqa: ASYNC251 (this is the mistake)
    finally:  # `blockbuster_ctx` would watch on after an exception
        watch.deactivate()


@provokes("blocking-call")
async def sleep_unwatched(sandbox: Sandbox) -> None:
    """Without it nothing is raised: five pauses that should overlap come one after the other."""

    async def pause() -> None:
        time.sleep(0.02)  # noqa: ASYNC251 (this is the mistake)

    began = time.perf_counter()
    await asyncio.gather(*(pause() for _ in range(5)))
    assert time.perf_counter() - began >= 0.1


@provokes("loop-closed")
def loop_kept_too_long(sandbox: Sandbox) -> None:
    """Somebody keeps an event loop and uses it after its end."""
    loop = asyncio.new_event_loop()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    loop.run_until_complete(asyncio.sleep(0))


@provokes("loop-closed")
def work_handed_over_too_late(sandbox: Sandbox) -> None:
    """A thread hands work to a loop that is gone."""
    with new_loop() as runner:
        loop = runner.get_loop()
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop)
