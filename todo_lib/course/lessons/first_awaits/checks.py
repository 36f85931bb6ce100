"""First awaits: port `get` and `add`."""

from todo_lib.course.contract.store_judge import StoreJudge
from todo_lib.course.contract.store_mistakes import STORE_MISTAKES
from todo_lib.course.migration.probes import probe, tests_in
from todo_lib.course.migration.project import APP, STORE_TESTS, after, files_after
from todo_lib.course.migration.workspace import workspace_judge
from todo_lib.lab.checks import Scenario
from todo_lib.lab.exercise import Judge

THREE = tuple(
    f"{STORE_TESTS}::{test}"
    for test in (
        "test_add_returns_the_saved_task",
        "test_get_returns_the_task",
        "test_get_returns_none_for_an_unknown_id",
    )
)
PORTED = Scenario(
    "The store's three tests of `add` and `get` are green.",
    base=after("engine_and_session_factory"),
    files={STORE_TESTS: files_after("tests_first")[STORE_TESTS]},
    select=THREE,
    tests=3,
)
CONTRACT = Scenario(
    "`add` and `get` in the file keep the contract.",
    base=after("engine_and_session_factory"),
    files=probe("test_contract.py"),
    select=tests_in("test_contract.py", "test_add_and_get"),
)

JUDGES: dict[str, Judge] = {
    "get": StoreJudge(("get",), mistakes=STORE_MISTAKES),
    "add": StoreJudge(("add",), mistakes=STORE_MISTAKES),
    "contract": StoreJudge(("add", "get"), mistakes=STORE_MISTAKES),
    "workspace": workspace_judge(
        "first_awaits", (f"{APP}/datastore.py",), (PORTED, CONTRACT), mistakes=STORE_MISTAKES
    ),
}
