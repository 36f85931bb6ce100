"""`%%answer name`: the cell is a file's text, kept under that name instead of being run here.

Some answers are files: a test suite that pytest must run, a module of the application. Written in a cell they
can be tried in a project of their own, again and again, without leaving anything behind in the notebook.
"""

from IPython.core.interactiveshell import InteractiveShell

MAGIC = "%%answer "


def text_of(cell: str) -> tuple[str, str]:
    """Return the name and the text of an answer cell.

    Raise `ValueError` if it does not start with the magic.
    """
    first, _, text = cell.partition("\n")
    name = first.removeprefix(MAGIC).strip()
    if not first.startswith(MAGIC) or not name.isidentifier():
        raise ValueError(f"not an answer cell: {first!r}")
    return name, text if text.endswith("\n") else f"{text}\n"


def provide(shell: InteractiveShell) -> None:
    """Let the cells of this kernel use the magic."""

    def answer(line: str, cell: str) -> None:
        name, text = text_of(f"{MAGIC}{line}\n{cell}")
        shell.push({name: text}, interactive=False)

    # IPython wraps this method in a function that is no method, so mypy takes the magic for the shell.
    shell.register_magic_function(answer, "cell", "answer")  # type: ignore[arg-type]
