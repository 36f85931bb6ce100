"""How the lab speaks: every message as plain text and as HTML, each readable without colour."""

import difflib
import inspect
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

# Colours are taken from the theme or let it shine through, so light and dark both work. Only the words that
# say how it stands bring a ground of their own, seen on both; it repeats what the mark and the words say.
GROUNDS = {"✓": "#1a7f37", "◐": "#9a6700", "✗": "#cf222e", "–": "#656d76", "!": "#8250df"}
ON_GROUND = "color:#ffffff;padding:0 .4em;border-radius:.2em;background:"
NOTE_STYLE = "border-left:4px solid currentColor;padding:.2em .8em;margin:.3em 0"
CODE_STYLE = (
    "margin:.4em 0;padding:.4em .8em;overflow-x:auto;line-height:1.35;background:rgba(128,128,128,.1)"
)
LINE_STYLES = {
    "+": "background:rgba(46,160,67,.22)",
    "-": "background:rgba(248,81,73,.22)",
    "@": "opacity:.6",
}


@dataclass(frozen=True)
class Note:
    """A message of a few lines: a mark and a word first, then what to know, then perhaps some code."""

    mark: str
    title: str
    lines: tuple[str, ...] = ()
    code: str = ""

    def __repr__(self) -> str:
        text = [f"{self.mark} {self.title}", *(f"  {line}" for line in "\n".join(self.lines).splitlines())]
        return "\n".join([*text, *(f"    {line}" for line in self.code.splitlines())])

    def _repr_html_(self) -> str:
        head = f"<strong>{_head(self.mark, self.title)}</strong>"
        body = "".join(f"<br>{_with_code(line)}" for line in "\n".join(self.lines).splitlines())
        code = f'<pre style="{CODE_STYLE}">{escape(self.code)}</pre>' if self.code else ""
        border = f";border-color:{GROUNDS[self.mark]}" if self.mark in GROUNDS else ""
        return f'<div role="note" style="{NOTE_STYLE}{border}">{head}{body}{code}</div>'


@dataclass(frozen=True)
class Diff:
    """Two versions of some code. The matchers + and - carry the meaning; the colour only helps."""

    lines: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    def _repr_html_(self) -> str:
        shown = "".join(
            f'<span style="display:block;{LINE_STYLES.get(line[:1], "")}">{escape(line) or " "}</span>'
            for line in self.lines
        )
        label = "difference: lines with - go, lines with + come"
        return f'<pre role="group" aria-label="{label}" style="{CODE_STYLE}">{shown}</pre>'


@dataclass(frozen=True)
class Table:
    """Rows as they stand in a database."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def __repr__(self) -> str:
        if not self.rows:
            return "no rows"
        cells = [self.columns, *([str(value) for value in row] for row in self.rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        lines = [
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in cells
        ]
        return "\n".join(line.rstrip() for line in lines)


def diff(before: Any, after: Any) -> Diff:
    """Return what changes between two functions, classes, modules, files (`Path`) or texts."""
    old, new = _source(before).splitlines(), _source(after).splitlines()
    changes = difflib.unified_diff(old, new, lineterm="", n=len(old))
    return Diff(tuple(list(changes)[3:]))  # without the two file names and the position of the only hunk


def code_of(thing: Any) -> Note:
    """Return the source of a function, class, module or file to read it in the notebook."""
    name = thing.name if isinstance(thing, Path) else getattr(thing, "__qualname__", thing.__name__)
    return Note("·", name, code=_source(thing))


def _source(thing: Any) -> str:
    if isinstance(thing, str):
        return thing
    if isinstance(thing, Path):
        return thing.read_text(encoding="utf-8")
    return inspect.cleandoc("\n" + inspect.getsource(thing))


def _head(mark: str, title: str) -> str:
    """Return mark and title; what says how it stands, up to a colon, on the ground of its mark."""
    if mark not in GROUNDS:
        return f"{escape(mark)} {_with_code(title)}"
    word = title.partition(":")[0]
    if "`" in word:  # code has colours of its own
        word, title = "", f" {title}"
    badge = f'<span style="{ON_GROUND}{GROUNDS[mark]}">{escape(f"{mark} {word}".strip(), quote=False)}</span>'
    return badge + _with_code(title.removeprefix(word))


def _with_code(line: str) -> str:
    """Escape a line; what stands between backticks becomes code."""
    parts = escape(line, quote=False).split("`")
    if len(parts) % 2 == 0:  # a backtick without its partner is just a character
        return "`".join(parts)
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
