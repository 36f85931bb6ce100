"""Whose code a file is: a library's, or written by the one who asks."""

import functools
import re
import sysconfig
from pathlib import Path

GENERATED = ("<frozen", "<sqlalchemy", "<string>")


def is_library(file: str) -> bool:
    """Return whether a file belongs to Python or to an installed package."""
    return file.startswith((*GENERATED, *_folders()))


def package_of(file: str) -> str:
    """Return the name of the library that a file belongs to; the file itself if it belongs to none."""
    folder = next((each for each in _folders() if file.startswith(each)), None)
    if folder is None:
        return file
    first, *_ = Path(file).relative_to(folder).parts
    return re.sub(r"\.py$", "", first)


@functools.cache
def _folders() -> tuple[str, ...]:
    """Return where libraries are, the innermost folders first: site-packages may lie in that of Python."""
    paths = sysconfig.get_paths()
    found = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(sorted(found, key=len, reverse=True))
