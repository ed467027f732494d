"""The kinds of failure the engine tells apart; every one is a NerspaceError with a message and a hint."""

from nerspace.datasets.errors import DataError, NerspaceError, UsageError

__all__ = ["ConfigurationError", "DataError", "ModelError", "NerspaceError", "Stopped", "UsageError"]


class ModelError(NerspaceError):
    """A model or tokenizer that cannot be found, read or used."""


class ConfigurationError(NerspaceError):
    """A device, folder or package that this machine does not offer."""


class Stopped(NerspaceError):
    """The work was asked to stop; everything finished so far is kept."""
