"""Both apps keep the whole contract, and the contract covers the whole store."""

# ruff: noqa: D103 (the name of a test is its sentence)

import inspect
from contextlib import AbstractAsyncContextManager

import pytest

from todo_lib.async_app.datastore import DataStoreDb as AsyncStore
from todo_lib.course import contract
from todo_lib.course.contract.harness import Harness, async_harness, sync_harness
from todo_lib.lab.checks.behaviour import Behaviour, BrokenPromise, require_equal, sentence
from todo_lib.sync_app.datastore import DataStoreDb as SyncStore

STORES = {"sync": (sync_harness, SyncStore), "async": (async_harness, AsyncStore)}


def open_bench(style: str) -> AbstractAsyncContextManager[Harness]:
    """Give the store of one app a database."""
    harness, store_class = STORES[style]
    return harness(store_class)


def public_coroutines() -> list[Behaviour]:
    """Return the public async functions that the contract's modules define, in order."""
    return [
        function
        for module in contract.MODULES
        for name, function in vars(module).items()
        if inspect.iscoroutinefunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
    ]


def public_methods(store_class: type) -> set[str]:
    """Return the methods that callers of a store may use."""
    return {name for name in vars(store_class) if not name.startswith("_")}


@pytest.mark.asyncio
@pytest.mark.parametrize("behaviour", contract.BEHAVIOURS, ids=lambda behaviour: behaviour.__name__)
async def test_the_store_keeps_the_promise(behaviour: Behaviour, style: str) -> None:
    async with open_bench(style) as harness:
        await behaviour(harness)


def test_every_public_coroutine_of_the_contract_is_registered_once_and_in_order() -> None:
    assert public_coroutines() == contract.BEHAVIOURS
    assert set(contract.NEEDS) == set(contract.BEHAVIOURS)


@pytest.mark.parametrize("behaviour", public_coroutines(), ids=lambda behaviour: behaviour.__name__)
def test_every_behaviour_has_a_sentence_for_a_learner(behaviour: Behaviour) -> None:
    assert sentence(behaviour).endswith(".")


def test_no_two_behaviours_promise_the_same() -> None:
    sentences = list(map(sentence, contract.BEHAVIOURS))
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize("store_class", [SyncStore, AsyncStore], ids=["sync", "async"])
def test_no_method_of_the_store_is_without_a_behaviour(store_class: type) -> None:
    assert set().union(*contract.NEEDS.values()) == public_methods(store_class)


@pytest.mark.asyncio
@pytest.mark.parametrize("behaviour", contract.BEHAVIOURS, ids=lambda behaviour: behaviour.__name__)
async def test_a_behaviour_uses_exactly_the_methods_it_names(behaviour: Behaviour) -> None:
    used: set[str] = set()

    class Watched(AsyncStore):
        def __getattribute__(self, name: str) -> object:
            if name in public_methods(AsyncStore):
                used.add(name)
            return super().__getattribute__(name)

    async with async_harness(Watched) as harness:
        await behaviour(harness)
    assert used == contract.NEEDS[behaviour]


def test_behaviours_are_chosen_by_the_methods_they_need() -> None:
    assert contract.behaviours() == contract.BEHAVIOURS
    chosen = contract.behaviours("add", "get")
    assert chosen == [each for each in contract.BEHAVIOURS if contract.NEEDS[each] <= {"add", "get"}]
    assert 0 < len(chosen) < len(contract.BEHAVIOURS)
    assert not contract.behaviours("no_such_method")


def test_expect_tells_apart_what_python_calls_equal() -> None:
    require_equal("one", 1, 1)
    with pytest.raises(BrokenPromise, match="one: expected 1, saw True") as caught:
        require_equal("one", 1, True)
    assert (caught.value.tried, caught.value.expected, caught.value.seen) == ("one", 1, True)
