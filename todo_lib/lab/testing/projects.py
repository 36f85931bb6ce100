"""A project on disk, as a mapping: a file's path inside it → its text."""

import os
from collections.abc import Mapping
from pathlib import Path

CONFIG = "pyproject.toml"

TEXTS = {".py", ".toml", ".ini", ".cfg", ".json", ".txt", ".csv", ".html", ".sql", ".yaml", ".yml"}

Files = dict[str, str]
"""A file's path inside the project → its text."""


def write_project(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files into the folder, which is made if it is missing."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def read_project(folder: Path) -> Files:
    """Return the texts of a project in a folder: Python, settings, data; nothing hidden, no environment."""
    found = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [each for each in sorted(folders) if _belongs(Path(place, each))]
        for name in sorted(names):
            path = Path(place, name)
            if path.suffix in TEXTS and not name.startswith("."):
                found[path.relative_to(folder).as_posix()] = path.read_text("utf-8", errors="replace")
    return found


def _belongs(folder: Path) -> bool:
    return not (folder.name.startswith((".", "__")) or (folder / "pyvenv.cfg").exists())
