"""Other versions of a source, written as edits: a title, then the lines that go and the lines that come.

    the commit is forgotten, the row is only flushed
    - await session.commit()
    + await session.flush()

Whole lines, which must occur exactly once; only their indentation relative to each other counts. `@@ get`
looks from here on only in the function of that name.
"""

import ast
import re
import textwrap
from dataclasses import dataclass, field


class Misfit(ValueError):
    """A version that cannot be made: its text has a fault, or the source has changed."""


@dataclass
class Edit:
    """The lines `old` become the lines `new`, in `function` if it is named."""

    function: str
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


@dataclass
class Version:
    """Another version of a source."""

    title: str
    edits: list[Edit] = field(default_factory=list)


def parse(text: str) -> list[Version]:
    """Return the versions that a text describes. Raise `Misfit` for an edit without a title before it."""
    versions: list[Version] = []
    function, edit = "", None
    for line in text.splitlines():
        if line.startswith("@@ "):
            function, edit = line.removeprefix("@@ "), None
        elif line.startswith("-") and versions:
            if edit is None or edit.new:
                edit = Edit(function)
                versions[-1].edits.append(edit)
            edit.old.append(line[2:])
        elif line.startswith("+") and edit:
            edit.new.append(line[2:])
        elif line.startswith(("-", "+")):
            raise Misfit(f"nothing is said of what this line changes: {line!r}")
        elif line and not line.startswith("#"):
            function, edit = "", None
            versions.append(Version(line))
    return versions


def apply(source: str, version: Version) -> str:
    """Return the source with a version's edits. Raise `Misfit` if they do not fit, or change nothing."""
    lines = source.splitlines()
    places = [(_place(source, lines, edit), edit) for edit in version.edits]
    for start, edit in sorted(places, key=lambda place: place[0], reverse=True):
        indent = re.match(" *", lines[start])[0]
        new = textwrap.indent(textwrap.dedent("\n".join(edit.new)), indent)
        lines[start : start + len(edit.old)] = new.splitlines()
    changed = "\n".join(lines) + "\n"
    if changed == source:
        raise Misfit(f"{version.title!r} changes nothing")
    return changed


def _place(source: str, lines: list[str], edit: Edit) -> int:
    """Return the only line number, from 0, where the edit's old lines begin."""
    old = textwrap.dedent("\n".join(edit.old))
    size = len(edit.old)
    places = [
        start
        for first, end in _spans(source, len(lines), edit.function)
        for start in range(first, end - size + 1)
        if textwrap.dedent("\n".join(lines[start : start + size])) == old
    ]
    if len(places) != 1:
        where = f" in {edit.function}()" if edit.function else ""
        raise Misfit(f"found {len(places)} times, not once{where}:\n{old}")
    return places[0]


def _spans(source: str, size: int, function: str) -> list[tuple[int, int]]:
    """Return where to look: first line, from 0, and the line after the last."""
    if not function:
        return [(0, size)]
    python = re.sub(r"\A%%.*", "", source)  # the magic of a cell that keeps a file
    return [
        (node.lineno - 1, node.end_lineno)
        for node in ast.walk(ast.parse(python))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function
    ]
