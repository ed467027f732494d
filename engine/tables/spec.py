"""What the catalogue says of a table, and the meanings of columns that many tables share."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table of the catalogue.

    function: "module:name" below nerspace.engine or nerspace.datasets, returning the table as a DataFrame.
    columns: name → meaning, with unit where there is one. plot: the text plot that shows it best, or empty.
    source: the table of a run that it is made of, where that is all it takes.
    """

    name: str
    meaning: str
    function: str
    columns: Mapping[str, str]
    plot: str = ""
    source: str = ""

    def compute(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function behind the table."""
        module, _, name = self.function.partition(":")
        return getattr(import_module(f"nerspace.{module}"), name)(*args, **kwargs)


STAGE = "before or after fine-tuning"
LAYER = "hidden layer, 0 the initial one (embedding output)"
LANGUAGE = "ISO 639-1 code"
TYPE = "PER, LOC or ORG"
SENTENCE = "language/context/entity"
