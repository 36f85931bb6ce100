"""A project on disk, as a mapping: a file's path inside it → its text."""

from collections.abc import Mapping
from pathlib import Path

CONFIG = "pyproject.toml"

Files = dict[str, str]
"""A file's path inside the project → its text."""


def write_project(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files into the folder, which is made if it is missing."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def read_project(folder: Path) -> Files:
    """Return the Python files and the configuration of a project in a folder."""
    paths = [*sorted(folder.rglob("*.py")), folder / CONFIG]
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }
