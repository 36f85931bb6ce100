"""The tree shows the architecture: which package may import which, and what must be installed for it."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from todo_lib.course.migration.project import PACKAGE, REPOSITORY

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(cache_dir=None))"
# A module, and an import there that must not be.
FORBIDDEN = {
    "the app knows the lab": ("sqlite.py", "from todo_lib.lab import diff"),
    "the lab knows the app": ("lab/messages.py", "from todo_lib.entities import Task"),
    "the lab knows the course": ("lab/messages.py", "from todo_lib.course.syllabus import lessons"),
    "the course knows its authors": ("course/syllabus.py", "from todo_lib.authoring import build"),
    "after knows before": ("async_app/datastore.py", "from todo_lib.sync_app import datastore"),
    "a cycle, late": ("lab/aio/blocking.py", "def late():\n    from todo_lib.lab.kernel import watcher"),
}
LEARNER = ["async_app", "course", "lab", "sync_app", "web", "entities.py", "models.py", "sqlite.py"]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package in this folder."""
    environment = os.environ | {"PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", LINT]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )


@pytest.mark.parametrize("name", FORBIDDEN)
def test_an_arrow_that_points_the_wrong_way_is_refused(name: str, tmp_path: Path) -> None:
    """Whether it is followed when the module is loaded or later. What `make lint` keeps is proven there."""
    ignored = shutil.ignore_patterns("__pycache__", "*.md", "*.json", "*.toml")
    shutil.copytree(PACKAGE, tmp_path / "todo_lib", ignore=ignored)
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    file, line = FORBIDDEN[name]
    with (tmp_path / "todo_lib" / file).open("a", encoding="utf-8") as stream:
        stream.write(f"\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout


def imported(folder: Path) -> Iterator[str]:
    """Return the packages that the modules in a folder, or one module, import at the top or later."""
    for path in [folder] if folder.is_file() else folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and not node.level:
                yield (node.module or "").partition(".")[0]
            elif isinstance(node, ast.Import):
                yield from (each.name.partition(".")[0] for each in node.names)


def declared(*extras: str) -> set[str]:
    """Return the projects that pyproject.toml asks for."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in extras for each in project["optional-dependencies"][extra]),
    ]
    return {_normal(re.split(r"[\[><=;~ ]", each)[0]) for each in wanted}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# What comes with a package that is declared: IPython and jupyter_client with ipykernel, Starlette and
# pydantic with FastAPI, Pygments and traitlets with IPython, anyio with httpx, requests with schemathesis.
BROUGHT_ALONG = {
    "anyio",
    "ipython",
    "jupyter-client",
    "pydantic",
    "pygments",
    "requests",
    "starlette",
    "traitlets",
    "packaging",
}


def undeclared(folders: list[Path], known: set[str]) -> set[str]:
    """Return what is imported and installed, and not among the known projects."""
    projects = packages_distributions()
    found = {name for folder in folders for name in imported(folder)}
    found -= {*sys.stdlib_module_names, "todo_lib", "todo_app", "tests"}
    return {
        name
        for name in found
        if not {_normal(project) for project in projects.get(name, [name])} & (known | BROUGHT_ALONG)
    }


def test_what_is_imported_is_declared_where_it_is_needed() -> None:
    """A learner's packages for the app, the lab and the course; the tests' for authoring."""
    assert undeclared([PACKAGE / name for name in LEARNER], declared()) == set()
    tests = [
        path for path in (REPOSITORY / "tests").iterdir() if path.name != "bench"
    ]  # it compares libraries
    folders = [path for path in tests if path.suffix == ".py" or path.is_dir()]
    assert undeclared([PACKAGE / "authoring", *folders], declared("test")) == set()


def test_an_undeclared_import_is_noticed(tmp_path: Path) -> None:
    """Also one that comes late."""
    (tmp_path / "late.py").write_text("def late():\n    import hypothesis\n", encoding="utf-8")
    assert undeclared([tmp_path], declared()) == {"hypothesis"}
    assert undeclared([tmp_path], declared("test")) == set()


DOORS = """
import {first}
import todo_lib.course, todo_lib.lab
for door in (todo_lib.course, todo_lib.lab):
    for name in {{*door.__all__, *door.ON_DEMAND}}:
        print(name, callable(getattr(door, name)) or type(getattr(door, name)))
"""


@pytest.mark.parametrize("first", ["todo_lib", "todo_lib.lab.errors.lookup", "todo_lib.course.lessons"])
def test_the_doors_give_what_they_promise(first: str) -> None:
    """Whatever was imported before: a package of the same name must not stand in the way."""
    command = [sys.executable, "-c", DOORS.format(first=first)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert not done.stderr
    wrong = [line for line in done.stdout.splitlines() if not line.endswith(" True")]
    assert len(done.stdout.splitlines()) > 20
    assert wrong == []
