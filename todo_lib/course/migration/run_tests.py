"""Run pytest on the course's project from a notebook: `await run_tests(after="05")`."""

from collections.abc import Mapping, Sequence

from todo_lib.course.migration.project import LAST, files_after
from todo_lib.lab.testing.runs import TestRun, run_projects


async def run_tests(
    files: Mapping[str, str] | None = None, *, after: str = LAST, select: str | Sequence[str] = "tests"
) -> TestRun:
    """Run pytest on the course's project as it stands after a lesson, with these files put into it.

        await run_tests({"todo_app/datastore.py": my_store}, after="05", select="tests/test_datastore.py")

    `select` is what pytest takes: files, folders, `file::test`. Raise `StoppedError` after a minute.
    """
    wanted = [select] if isinstance(select, str) else list(select)
    return (await run_projects([({**files_after(after), **(files or {})}, wanted)]))[0]
