"""The learner's project after each lesson of the migration, as files; and a place to try one out.

A project is a small application of its own: `todo_app/`, `tests/`, `pyproject.toml`. It
starts as the synchronous app with its tests. Each lesson in `STEPS` changes some files, and
after the last of them it is the asynchronous app with its tests.
`files_after("the_whole_store")` returns the whole project as it then stands.
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from pathlib import Path

from todo_lib.course.syllabus import LessonInfo, by_name, lessons
from todo_lib.lab.testing.projects import CONFIG, Files

PACKAGE = Path(__file__).parents[2]
REPOSITORY = PACKAGE.parent
APP_TESTS = Path(__file__).with_name("app_tests")
APP = "todo_app"
STORE_TESTS, ENDPOINT_TESTS = "tests/test_datastore.py", "tests/test_todo.py"
SYNC_CONFIG = """\
[tool.pytest.ini_options]
testpaths = ["tests"]
"""
ASYNC_CONFIG = (
    SYNC_CONFIG
    + """\
asyncio_mode = "strict"
asyncio_default_fixture_loop_scope = "function"
asyncio_default_test_loop_scope = "function"
filterwarnings = ["error"]
"""
)


@cache
def _course_files(style: str) -> Mapping[str, str]:
    """Return the app and the tests before or after the migration, under the project's names.

    `style` is "sync" or "async".
    """
    found = {}
    for folder, inside in (
        (PACKAGE / f"{style}_app", APP),
        (APP_TESTS / f"{style}_app", "tests"),
    ):
        for path in sorted(folder.rglob("*.py")):
            text = path.read_text(encoding="utf-8").replace(f"todo_lib.{style}_app", APP)
            found[f"{inside}/{path.relative_to(folder).as_posix()}"] = text
    for package in (f"{APP}/__init__.py", "tests/__init__.py"):
        found[package] = ""
    return found


def files_after(lesson: str) -> Files:
    """Return the project as it stands after this lesson, named by its number or its folder.

    Raise `ValueError` for a lesson that the project does not know.
    """
    wanted = known_lesson(lesson)
    files = {**_course_files("sync"), CONFIG: SYNC_CONFIG}
    for name, changes in STEPS.items():
        if by_name(name).number <= wanted.number:
            files |= changes()
    return files


def known_lesson(lesson: str) -> LessonInfo:
    """Return the lesson of this number ("05", "5") or folder.

    Raise `ValueError` for one that the project does not know.
    """
    known = [each for each in lessons() if each.number <= by_name(LAST).number]
    wanted = next((each for each in known if lesson.zfill(2) == each.number or lesson == each.name), None)
    if wanted is None:
        raise ValueError(
            f"the project knows lessons '{known[0].number}' to '{known[-1].number}', not {lesson!r}"
        )
    return wanted


def after(lesson: str) -> Callable[[], Files]:
    """Return what makes the project as it stands after this lesson."""
    return partial(files_after, lesson)


def changed_in(lesson: str) -> list[str]:
    """Return the files that the lesson of this name changes."""
    return list(STEPS[lesson]())


def _take(*paths: str) -> Callable[[], Files]:
    return lambda: {path: _course_files("async")[path] for path in paths}


def _tests_first() -> Files:
    return {**_take(STORE_TESTS)(), CONFIG: ASYNC_CONFIG}


def _both_factories() -> Files:
    """Return `database.py` with the new factory beside the old one, as it stands while both are needed."""
    path = f"{APP}/database.py"
    old, new = _course_files("sync")[path], _course_files("async")[path]
    imports = ("from sqlalchemy import create_engine\n", "from sqlalchemy.orm import Session, sessionmaker\n")
    first = "from sqlalchemy.ext.asyncio import "
    new = new.replace(first, f"{imports[0]}{first}", 1)
    new = new.replace("\n\nfrom todo_lib.entities", f"\n{imports[1]}\nfrom todo_lib.entities", 1)
    function = _functions(old, ["create_session_factory"])[0]
    return {
        path: new.replace(
            "def create_async_session_factory", f"{function}\n\n\ndef create_async_session_factory", 1
        )
    }


def _half_a_store() -> Files:
    """Return `datastore.py` with `add` and `get` ported, the other methods not yet."""
    path = f"{APP}/datastore.py"
    old, new = _course_files("sync")[path], _course_files("async")[path]
    ported = ["__init__", "add", "get"]
    text = old.replace(
        "from sqlalchemy.orm import Session",
        "from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker",
    )
    for before, after in zip(_functions(old, ported), _functions(new, ported), strict=True):
        text = text.replace(before, after)
    return {path: text}


def _functions(source: str, names: Iterable[str]) -> list[str]:
    """Return the text of each of these functions or methods."""
    lines = source.splitlines()
    spans = {
        node.name: (node.lineno - 1, node.end_lineno)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return ["\n".join(lines[slice(*spans[name])]) for name in names]


STEPS: dict[str, Callable[[], Files]] = {
    "tests_first": _tests_first,
    "engine_and_session_factory": _both_factories,
    "first_awaits": _half_a_store,
    "the_whole_store": _take(f"{APP}/datastore.py"),
    "endpoint_tests": _take(ENDPOINT_TESTS),
    "dependencies_and_endpoints": _take(
        f"{APP}/dependencies.py", f"{APP}/routers/todo.py", f"{APP}/main.py", f"{APP}/database.py"
    ),
}
LAST = list(STEPS)[-1]
