"""What a learner keeps, filters and starts: the watcher observes it and changes nothing."""

from . import Scene

KEPT = {
    "shown, then awaited": Scene(
        """
        kept = work(1)
        kept
        # then
        await kept
        """,
        shows=("1",),
        notes=1,
    ),
    "shown, awaited much later": Scene(
        """
        kept = work(2)
        kept
        # then
        1
        # then
        kept = await kept
        kept
        """,
        shows=("2",),
    ),
    "shown and dropped: told once": Scene(
        """
        kept = work(3)
        kept
        # then
        kept = None; _ = __ = ___ = None
        # then
        1
        """,
        notes=1,
    ),
    "used without await, then awaited": Scene(
        """
        kept = session.execute(text('select 4'))
        # then
        kept.scalar()
        # then
        (await kept).scalar()
        """,
        shows=("4",),
        notes=0,
    ),
    "held by a function that failed": Scene(
        """
        shelf = []
        def use(given):
            inner = work(5)
            shelf.append(inner)
            return len(inner)
        # then
        use(1)
        # then
        await shelf[0]
        """,
        shows=("5",),
        notes=0,
    ),
    "looped over, then awaited": Scene(
        """
        kept = work(6)
        # then
        for each in kept: pass
        # then
        await kept
        """,
        shows=("6",),
        notes=0,
    ),
    "a check of the lab's own": Scene(
        """
        from todo_lib.lab.aio.unawaited import RunsWhenAwaited
        kept = RunsWhenAwaited('q.check', work)
        kept
        # then
        repr(kept), await kept
        """,
        shows=("it has not run", "0"),
    ),
}
FILTERS = {
    "filterwarnings": Scene(
        """
        warnings.filterwarnings('ignore')
        # then
        work()
        1
        """,
        notes=1,
    ),
    "simplefilter": Scene(
        """
        warnings.simplefilter('ignore')
        # then
        work()
        1
        """,
        notes=1,
    ),
    "reset": Scene(
        """
        warnings.resetwarnings()
        # then
        work()
        1
        """,
        notes=1,
    ),
    "captured by logging": Scene(
        """
        logging.captureWarnings(True)
        # then
        work()
        1
        # then
        logging.captureWarnings(False)
        """,
        notes=1,
    ),
    "a block that ignores": Scene(
        """
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            work()
        """,
        notes=1,
    ),
    "showwarning replaced": Scene(
        """
        kept_show, warnings.showwarning = warnings.showwarning, lambda *_, **__: None
        # then
        work()
        1
        # then
        warnings.showwarning = kept_show
        """,
        notes=1,
    ),
    "what the learner records": Scene(
        """
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter('always')
            work()
            warnings.warn('mine')
        [str(each.message).partition(chr(10))[0] for each in seen]
        """,
        shows=("coroutine 'work' was never awaited", "mine"),
    ),
    "the learner's own warnings stay": Scene(
        """
        warnings.resetwarnings()
        warnings.simplefilter('ignore')
        before = list(warnings.filters)
        # then
        work()
        1
        # then
        warnings.warn('mine')
        warnings.filters == before
        """,
        shows=("True",),
        hides=("mine",),
    ),
}
TASKS = {
    "held and awaited in the next cell": Scene(
        """
        task = asyncio.create_task(fail())
        await asyncio.sleep(0)
        """,
        shows=("has awaited it yet", "ValueError: lost"),
        hides=("nobody awaited it",),
    ),
    "and then": Scene(
        "await task",
        shows=("ValueError: lost",),
        hides=("task failed",),
    ),
    "held in a list": Scene(
        """
        tasks = [asyncio.create_task(fail())]
        await asyncio.sleep(0)
        # then
        await asyncio.gather(*tasks, return_exceptions=True)
        """,
        shows=("ValueError",),
        hides=("task failed",),
    ),
    "an error that cannot be shown": Scene(
        """
        class Odd(Exception):
            def __str__(self):
                raise RuntimeError
            def errors(self, needed):
                pass
        async def be_odd():
            raise Odd
        task = asyncio.create_task(be_odd())
        await asyncio.sleep(0)
        # then
        raise ExceptionGroup("odd", [Odd()])
        """,
        shows=("odd", "Odd"),
        hides=("Error in callback",),
    ),
    "awaited in the same cell": Scene(
        """
        task = asyncio.create_task(fail())
        await asyncio.sleep(0)
        try:
            await task
        except ValueError:
            pass
        """,
        hides=("task failed",),
    ),
    "the learner's own handler hears of it": Scene(
        """
        heard = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: heard.append(context['message']))
        asyncio.create_task(fail())
        await asyncio.sleep(0)
        # then
        gc.collect()
        loop.set_exception_handler(None)
        heard
        """,
        shows=("never retrieved",),
    ),
}
