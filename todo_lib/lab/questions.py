"""Questions with options: one to answer before the cell that shows it, one about what was learnt before."""

from dataclasses import dataclass, field

from todo_lib.lab.messages import Note


@dataclass(repr=False)
class Prediction:
    """A question to answer before running the cell that reveals it."""

    question: str
    options: dict[str, str]
    """Letter → the option."""
    right: str
    why: dict[str, str]
    """Letter → why it is right, or why it is tempting and wrong."""
    name: str = field(default_factory=str)  # a default value would stand on the class, and Tab would offer it
    given: str = field(default_factory=str)

    def __dir__(self) -> list[str]:
        return ["predict", "reveal"]

    def __repr__(self) -> str:
        return f"q.{self.name}: a question; .predict(…) before the cell that shows it, .reveal() after it"

    def predict(self, letter: str) -> Note:
        """Record a prediction. What it is worth is told by `reveal`, after the cell that shows it."""
        letter = str(letter).strip().upper()
        if letter not in self.options:
            return Note("?", f"choose one of {', '.join(self.options)}", (self.question,))
        self.given = letter
        return Note(
            "·",
            f"noted: {letter}",
            (self.options[letter], "Read on: a cell will show it, and the one after it explains."),
        )

    def reveal(self) -> Note:
        """Return what was right, and why each other option is tempting."""
        given = f"you said {self.given}" if self.given else "you made no prediction"
        order = [self.right, *(letter for letter in self.options if letter != self.right)]
        marks = {letter: "✓" if letter == self.right else "✗" for letter in order}
        lines = tuple(f"{marks[each]} {each}: {self.options[each]} {self.why[each]}" for each in order)
        return Note("=", f"it is {self.right}; {given}", lines)


@dataclass(repr=False)
class Recall:
    """A question about an earlier lesson. The answer is explained at once."""

    question: str
    options: dict[str, str]
    """Letter → the option."""
    right: str
    why: dict[str, str]
    """Letter → why it is right, or why it is tempting and wrong."""
    look: str
    """Where to look it up: "under *Predict*"."""
    name: str = field(default_factory=str)

    def __dir__(self) -> list[str]:
        return ["answer"]

    def __repr__(self) -> str:
        return f"q.{self.name}: a question; .answer(…)"

    def answer(self, letter: str) -> Note:
        """Return whether the letter is right, and why."""
        letter = str(letter).strip().upper()
        if letter not in self.options:
            return Note("?", f"choose one of {', '.join(self.options)}", (self.question,))
        if letter == self.right:
            return Note("✓", f"{letter} is right", (self.why[letter],))
        lines = (self.why[letter], f"Have another try, or look again at {self.look}.")
        return Note("✗", f"not {letter}", lines)
