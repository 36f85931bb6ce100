"""The store by the contract, as the cells of the lessons judge it."""

import pytest
from todo_app.datastore import DataStoreDb

from todo_lib.course.contract.store_judge import StoreJudge
from todo_lib.course.contract.store_mistakes import STORE_MISTAKES
from todo_lib.lab.verdict import CheckFailedError, Outcome

# The judge looks for warnings itself.
pytestmark = [pytest.mark.asyncio, pytest.mark.filterwarnings("default")]


async def test_add_and_get():
    """What is ported first."""
    await judge("add", "get")


async def test_the_whole_store():
    """All seven methods."""
    await judge("add", "get", "all", "filter", "update", "delete", "get_statistics")


async def judge(*methods):
    """Raise the lines of the verdict unless it is right."""
    verdict = await StoreJudge(methods, mistakes=STORE_MISTAKES)("contract", DataStoreDb)
    if verdict.outcome is not Outcome.RIGHT:
        raise CheckFailedError("\n".join(verdict.lines))
