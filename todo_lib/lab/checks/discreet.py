"""What may be printed by accident, and so must not show what it is made of."""


class Discreet:
    """Shows no more than its class: hidden tests and recognised mistakes would give answers away."""

    def __init_subclass__(cls) -> None:
        cls.__repr__ = Discreet.__repr__  # type: ignore[method-assign]  # a dataclass leaves it as it is

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
