"""The whole store: port `all`, `delete`, `get_statistics` and `update`."""

from todo_lib.course.contract.store_judge import StoreJudge
from todo_lib.course.contract.store_mistakes import STORE_MISTAKES
from todo_lib.course.migration.probes import probe, tests_in
from todo_lib.course.migration.project import APP, STORE_TESTS, after, files_after
from todo_lib.course.migration.workspace import workspace_judge
from todo_lib.lab.checks import Scenario
from todo_lib.lab.exercise import Judge

AWAIT = {
    "not awaited": "Each call that talks to the database needs `await`. If `await` stands there already, it "
    "comes too late: put parentheses, `(await …).all()`, or use two lines.",
}
ALL_GREEN = Scenario(
    "All nine tests of the store are green.",
    base=after("engine_and_session_factory"),
    files={STORE_TESTS: files_after("tests_first")[STORE_TESTS]},
    select=(STORE_TESTS,),
    tests=9,
)
PROBES = tuple(
    Scenario(
        promise,
        base=after("engine_and_session_factory"),
        files=probe("test_store.py"),
        select=tests_in("test_store.py", test),
    )
    for promise, test in (
        ("Nine updates of one task at the same moment all succeed.", "test_nine_updates_at_the_same_moment"),
        ("`update` replaces the whole task, `done` too.", "test_update_replaces_what_is_left_out"),
    )
)
CONTRACT = Scenario(
    "The store in the file keeps the whole contract.",
    base=after("engine_and_session_factory"),
    files=probe("test_contract.py"),
    select=tests_in("test_contract.py", "test_the_whole_store"),
)
METHODS = ("add", "get", "all", "filter", "update", "delete", "get_statistics")

JUDGES: dict[str, Judge] = {
    "all_and_delete": StoreJudge(("all", "delete"), advice=AWAIT, mistakes=STORE_MISTAKES),
    "get_statistics": StoreJudge(("get_statistics",), advice=AWAIT, mistakes=STORE_MISTAKES),
    "update": StoreJudge(("update",), mistakes=STORE_MISTAKES),
    "contract": StoreJudge(METHODS, mistakes=STORE_MISTAKES),
    "workspace": workspace_judge(
        "the_whole_store", (f"{APP}/datastore.py",), (ALL_GREEN, *PROBES, CONTRACT), mistakes=STORE_MISTAKES
    ),
}
