"""Errors that a user can act on: one line that names the thing, and a hint with the valid values or the next step."""

from nerspace.datasets.visible import visible


class NerspaceError(Exception):
    """A failure that is reported in one clear line.

    message: what is wrong, naming the thing.
    hint: the valid values or the next step; may be empty.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        # A traceback prints it as it is.
        return visible(f"{self.message} {self.hint}".strip())


class UsageError(NerspaceError):
    """The request itself is wrong: an unknown language, an impossible size, an empty selection.

    field: the field of the request that is wrong, empty where it is none of them alone.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "", field: str = "") -> None:
        super().__init__(message, hint)
        self.field = field


class DataError(NerspaceError):
    """Data that cannot be read as what it should be."""
