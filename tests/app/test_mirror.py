"""The two apps differ only where the migration demands it, so that a learner can put them side by side."""

# ruff: noqa: D103 (the name of a test is its sentence)

import ast
import difflib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import todo_lib

SYNC, ASYNC = (Path(todo_lib.__file__).parent / app for app in ("sync_app", "async_app"))
FILES = sorted(path.relative_to(SYNC).as_posix() for path in SYNC.rglob("*.py"))

# At most; `diff -r sync_app async_app | grep -c '^[<>]'` counts 122 of them now.
DIFFERING_LINES = 124

# What the migration demands beyond `async` and `await`, in these two files.
RENAMED = {
    "from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker": (
        "from sqlalchemy.orm import Session"
    ),
    "factory: async_sessionmaker[AsyncSession]": "session: Session",
    "self.factory = factory": "self.session = session",
    "self.factory()": "self.session",
}
ONLY_THE_DEMANDED = ["datastore.py", "routers/todo.py", "routers/__init__.py"]


def source(app: Path, file: str) -> str:
    """Return the text of one file of an app."""
    return (app / file).read_text(encoding="utf-8")


def definitions(tree: ast.Module | ast.ClassDef) -> Iterator[tuple[str, str | None]]:
    """Give the public names of a module or class in their order, each with its docstring."""
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield ast.unparse(node.targets[0]), None
        elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if not node.name.startswith("_"):
                yield node.name, ast.get_docstring(node)
            if isinstance(node, ast.ClassDef):
                for name, docstring in definitions(node):
                    yield f"{node.name}.{name}", docstring


def arguments(tree: ast.Module) -> dict[str, list[str]]:
    """Return the names of what each public function or method takes."""
    return {
        node.name: [each.arg for each in node.args.args]
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
    }


def as_sync(text: str) -> str:
    """Take back what makes a file of the asynchronous app asynchronous."""
    text = re.sub(r"\b(async|await) ", "", text)
    for new, old in RENAMED.items():
        text = text.replace(new, old)
    return text


def differing_lines(old: str, new: str) -> int:
    """Count the lines that are only in one of two texts."""
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0))[2:]
    return sum(not line.startswith("@@") for line in lines)


def test_both_apps_have_the_same_files() -> None:
    assert sorted(path.relative_to(ASYNC).as_posix() for path in ASYNC.rglob("*.py")) == FILES
    assert "routers/todo.py" in FILES


@pytest.mark.parametrize("file", FILES)
def test_a_file_defines_the_same_in_both_apps_in_the_same_order(file: str) -> None:
    old, new = (ast.parse(source(app, file)) for app in (SYNC, ASYNC))
    renamed = [
        (name.replace("create_async_session_factory", "create_session_factory"), docstring)
        for name, docstring in definitions(new)
    ]
    assert renamed == list(definitions(old))
    assert list(arguments(new).values()) == list(arguments(old).values())


@pytest.mark.parametrize("file", FILES)
def test_the_docstring_of_a_file_names_its_own_app_and_otherwise_agrees(file: str) -> None:
    old, new = (ast.get_docstring(ast.parse(source(app, file))) or "" for app in (SYNC, ASYNC))
    if file == "__init__.py":
        assert ("synchronous" in old, "asynchronous" in old) == (True, False)
        assert "asynchronous" in new
    else:
        assert new.replace("async_app", "sync_app") == old
        assert old


@pytest.mark.parametrize("file", ONLY_THE_DEMANDED)
def test_nothing_differs_that_the_migration_does_not_demand(file: str) -> None:
    assert as_sync(source(ASYNC, file)) == source(SYNC, file)


def test_every_renaming_is_needed() -> None:
    text = "".join(source(ASYNC, file) for file in ONLY_THE_DEMANDED)
    assert [new for new in RENAMED if new not in text] == []


def test_few_lines_differ() -> None:
    counted = {file: differing_lines(source(SYNC, file), source(ASYNC, file)) for file in FILES}
    assert 0 < sum(counted.values()) <= DIFFERING_LINES, (
        f"{sum(counted.values())} lines differ: {counted}. A new endpoint adds two: raise DIFFERING_LINES."
    )
