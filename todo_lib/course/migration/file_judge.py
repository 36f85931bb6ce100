"""Judge a file of the course's project: what its tests must do, and the mistakes any such file may hold."""

from dataclasses import dataclass

from todo_lib.course.migration.file_mistakes import FILE_MISTAKES
from todo_lib.lab import checks


@dataclass(frozen=True)
class FileJudge(checks.FileJudge):
    """Judges the text of one file of the project."""

    general: tuple[checks.KnownMistake, ...] = FILE_MISTAKES
