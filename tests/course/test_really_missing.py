"""`preflight()` and a lesson where a package is really missing: in a Python of their own."""

import importlib
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

import todo_lib

# The package has a function of the module's name, so `import … as` would give that.
module = importlib.import_module("todo_lib.course.readiness")
REQUIRED = sorted(
    re.split(r"[^\w.-]", line)[0] for line in importlib.metadata.requires("todo-lib") or [] if ";" not in line
)
PREFLIGHT = """
import asyncio, sys
from todo_lib.course import preflight
strangers = {name.partition(".")[0] for name in sys.modules} - {*sys.stdlib_module_names, "todo_lib"}
print("imported:", sorted(strangers - {"__main__"}))
async def main():
    print(await preflight())
asyncio.run(main())
"""
LOAD = """
from todo_lib.course import NotReadyError, load_ipython_extension
try:
    load_ipython_extension(None)
except NotReadyError as error:
    print("\\n".join(error._render_traceback_()))
"""


def without(package: str, folder: Path) -> Path:
    """Make a folder in which Python finds all that is installed, but not this package."""
    for path in sorted({Path(str(each.locate_file(""))) for each in importlib.metadata.distributions()}):
        for part in path.iterdir():
            if not (folder / part.name).exists():
                (folder / part.name).symlink_to(part)
    for file in importlib.metadata.files(package) or []:
        if file.parts[0] != "..":
            (folder / file.parts[0]).unlink(missing_ok=True)
    return folder


def run_there(code: str, folder: Path) -> str:
    """Run code in a Python that knows this folder and the course alone; return what it prints."""
    search = [str(Path(todo_lib.__file__).parents[1]), str(folder)]
    script = f"import sys; sys.path += {search}\n{code}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert not done.stderr, done.stderr
    return done.stdout


@pytest.mark.parametrize("package", [*REQUIRED, *module.BROUGHT])
def test_preflight_speaks_of_what_is_really_missing(package: str, tmp_path: Path) -> None:
    """It starts without it, names it and the fix; and imports nothing that it looks for before it looks."""
    said = run_there(PREFLIGHT, without(package, tmp_path))
    assert said.startswith("imported: []\n")
    assert "✗ this machine is not ready" in said
    found = next(line for line in said.splitlines() if "✗ not ready: " in line)
    assert package.replace("-", "_") in found.replace("-", "_").lower()
    assert "fix: in a cell: `%pip install -c " in said or "fix: in a terminal: `" in said


@pytest.mark.parametrize(
    "package", ["greenlet", "SQLAlchemy", "pydantic", "blockbuster", "uvicorn", "ipython"]
)
def test_a_lesson_that_lacks_a_package_says_so_in_its_first_line(package: str, tmp_path: Path) -> None:
    """Not by a traceback: what is missing, and the fix."""
    found, fix, restart = run_there(LOAD, without(package, tmp_path)).splitlines()
    assert found.startswith("✗ not ready: ")
    assert package.lower() in found.lower()
    assert fix.startswith("fix: in a ")
    assert restart.startswith("Then restart the kernel")
