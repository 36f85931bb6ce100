"""Both stores and a dictionary are told the same things in any order: they answer and hold the same."""

# ruff: noqa: D102 (the model's methods are the store's)

import asyncio
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from todo_lib.async_app import database as async_database
from todo_lib.async_app.datastore import DataStoreDb as AsyncStore
from todo_lib.models import StatisticOverview, TaskFilter, TaskInput, TaskOutput
from todo_lib.sync_app import database as sync_database
from todo_lib.sync_app.datastore import DataStoreDb as SyncStore

EXAMPLES, STEPS = 30, 15
DAYS = [date(2028, 2, 28) + timedelta(days=days) for days in range(3)]
WORDS = st.text("abÄä%_ '🎉", min_size=0, max_size=3)
TASKS = st.builds(
    TaskInput,
    name=WORDS.map("task {}".format),
    priority=st.integers(1, 9),
    due_date=st.sampled_from(DAYS),
    done=st.booleans(),
)
FILTERS = st.builds(
    TaskFilter,
    q=st.sampled_from([None, "%", "_", "ä", "TASK"]) | WORDS,
    include_done=st.booleans(),
    due_before=st.none() | st.sampled_from(DAYS),
    limit=st.integers(1, 5),
    offset=st.integers(0, 3),
)


class Model:
    """What a store promises, in a dictionary."""

    def __init__(self) -> None:
        self.tasks: dict[int, TaskOutput] = {}

    def add(self, task: TaskInput, id: int) -> TaskOutput:
        self.tasks[id] = TaskOutput(id=id, created_at=date.today(), **task.model_dump())
        return self.tasks[id]

    def get(self, id: int) -> TaskOutput | None:
        return self.tasks.get(id)

    def filter(self, wanted: TaskFilter) -> list[TaskOutput]:
        found = [
            task
            for task in self.tasks.values()
            if (wanted.include_done or not task.done)
            and (not wanted.due_before or task.due_date <= wanted.due_before)
            and (not wanted.q or wanted.q.lower() in task.name.lower())
        ]
        found.sort(key=lambda task: (task.due_date, task.priority, task.id))
        return found[wanted.offset :][: wanted.limit]

    def update(self, id: int, task: TaskInput) -> TaskOutput | str:
        if id not in self.tasks:
            return f"no task known with id '{id}'"
        self.tasks[id] = self.tasks[id].model_copy(update=task.model_dump())
        return self.tasks[id]

    def delete(self, id: int) -> bool:
        return self.tasks.pop(id, None) is not None

    def get_statistics(self) -> StatisticOverview:
        done = sum(task.done for task in self.tasks.values())
        total = len(self.tasks)
        return StatisticOverview(total_tasks=total, total_done=done, total_open=total - done)


class Stores(RuleBasedStateMachine):
    """The synchronous store, the asynchronous one and the model, side by side."""

    async_store_class: type = AsyncStore
    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="todo-stores-")
        self.model, self.runner = Model(), asyncio.Runner(loop_factory=asyncio.new_event_loop)
        place = Path(self.folder.name).as_posix()
        self.sync_factory = sync_database.create_session_factory(f"sqlite:///{place}/sync.db")
        self.session = self.sync_factory()
        self.async_factory = async_database.create_async_session_factory(
            f"sqlite+aiosqlite:///{place}/async.db"
        )
        sync_database.create_tables(self.sync_factory)
        self.runner.run(async_database.create_tables(self.async_factory))

    def teardown(self) -> None:
        """Close what `__init__` opened."""
        self.session.close()
        sync_database.dispose(self.sync_factory)
        self.runner.run(async_database.dispose(self.async_factory))
        self.runner.close()
        self.folder.cleanup()

    def ask(self, method: str, *args: Any) -> Any:
        """Return what both stores answer, or the text of their `ValueError`. They must not differ."""
        answers = []
        for call in (self._sync, self._async):
            try:
                answers.append(call(method, *args))
            except ValueError as error:
                answers.append(str(error))
        assert answers[0] == answers[1], (method, args)
        return answers[0]

    def _sync(self, method: str, *args: Any) -> Any:
        return getattr(SyncStore(self.session), method)(*args)

    def _async(self, method: str, *args: Any) -> Any:
        return self.runner.run(getattr(self.async_store_class(self.async_factory), method)(*args))

    @rule(target=ids, tasks=st.lists(TASKS, min_size=1, max_size=3))
    def add(self, tasks: list[TaskInput]) -> Any:
        """Save some tasks."""
        saved = [self.ask("add", task) for task in tasks]
        assert saved == [self.model.add(task, each.id) for task, each in zip(tasks, saved, strict=True)]
        return multiple(*(each.id for each in saved))

    @rule(id=ids, task=TASKS)
    def update(self, id: int, task: TaskInput) -> None:
        """Change one that may be gone already."""
        assert self.ask("update", id, task) == self.model.update(id, task)

    @rule(id=consumes(ids))
    def delete(self, id: int) -> None:
        """Delete one."""
        assert self.ask("delete", id) == self.model.delete(id)

    @rule(id=ids | st.integers(0, 2**63 - 1))
    def get(self, id: int) -> None:
        """Look one up."""
        assert self.ask("get", id) == self.model.get(id)

    @rule(wanted=FILTERS)
    def filter(self, wanted: TaskFilter) -> None:
        """Ask for a page."""
        assert self.ask("filter", wanted) == self.model.filter(wanted)

    @invariant()
    def all_is_there(self) -> None:
        """Everything that was said is kept, and counted."""
        assert self.ask("all") == sorted(self.model.tasks.values(), key=lambda task: task.id)
        assert self.ask("get_statistics") == self.model.get_statistics()


def play(machine: type[Stores], *phases: Phase) -> None:
    """Let hypothesis look for a sequence of calls that breaks a promise."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, database=None,
            phases=phases, suppress_health_check=list(HealthCheck), print_blob=False,
        ),
    )  # fmt: skip


def test_the_stores_do_what_the_model_does() -> None:
    """Whatever the order of the calls."""
    play(Stores, Phase.generate, Phase.shrink)


class Forgetful(AsyncStore):
    """A store that saves every task as open."""

    async def add(self, task: TaskInput) -> TaskOutput:
        """Save a new task, nearly."""
        return await super().add(task.model_copy(update={"done": False}))


class OnlyTheFirst(AsyncStore):
    """A store that shows one task."""

    async def all(self) -> list[TaskOutput]:
        """Return the oldest task."""
        return (await super().all())[:1]


@pytest.mark.parametrize("wrong", [Forgetful, OnlyTheFirst])
def test_a_wrong_store_is_found_out(wrong: type) -> None:
    """These tests can fail."""
    with pytest.raises((AssertionError, ExceptionGroup)):
        play(type("Wrong", (Stores,), {"async_store_class": wrong}), Phase.generate)
