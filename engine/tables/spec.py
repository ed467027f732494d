"""A table, declared once: its name, what it means, its columns with meaning and type, and the function that makes it.

    TNLD = TableSpec("tnld", "Mean spelling distance …", {**PAIR, "n": integer("entities"), "tnld": real("mean")})

    @TNLD.made_by
    def tnld_table(entities, languages=None):
        ...
        return TNLD.frame(rows)

A parameter that is named like a table takes that table, so that `Held` can make one of the other.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import pandas as pd

Function = TypeVar("Function", bound="Callable[..., pd.DataFrame]")

TEXT = "string"


@dataclass(frozen=True, slots=True)
class Column:
    """What a column means, with its unit where there is one, and the dtype of pandas that it has."""

    meaning: str
    dtype: str


def text(meaning: str) -> Column:
    """A column of text; a gap is an empty field."""
    return Column(meaning, TEXT)


def integer(meaning: str) -> Column:
    """A column of whole numbers without gaps."""
    return Column(meaning, "int64")


def integer_or_gap(meaning: str) -> Column:
    """A column of whole numbers, some of which may be unknown."""
    return Column(meaning, "Int64")


def real(meaning: str) -> Column:
    """A column of floats; NaN is a gap."""
    return Column(meaning, "float64")


@dataclass(slots=True, eq=False)
class TableSpec:
    """One table of the catalogue.

    Attributes:
        name: by which commands, runs and the explorer know it.
        meaning: in one line.
        columns: name → meaning and type, in their order.
        plot: the text plot that shows it best, or empty.
        source: the table of a run that it is made of, where that is all it takes.
        added: columns that some jobs append to it.
        function: what makes it, see `made_by`.
    """

    name: str
    meaning: str
    columns: Mapping[str, Column]
    plot: str = ""
    source: str = ""
    added: Mapping[str, Column] = field(default_factory=dict)
    function: "Callable[..., pd.DataFrame]" = field(init=False)

    def made_by(self, function: Function) -> Function:
        """Decorator: enter the function as the one behind this table."""
        self.function = function
        return function

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of what the function cannot do without: tables, or what else is held by whoever asks for it."""
        return tuple(name for name, p in self._parameters() if p.default is Parameter.empty)

    @property
    def takes(self) -> tuple[str, ...]:
        """Names of all that the function takes."""
        return tuple(name for name, _ in self._parameters())

    def _parameters(self) -> Iterable[tuple[str, Parameter]]:
        return signature(self.function).parameters.items()

    @property
    def meanings(self) -> dict[str, str]:
        """Column → what it means."""
        return {name: column.meaning for name, column in self.columns.items()}

    @property
    def texts(self) -> dict[str, str]:
        """The columns of text, the added ones too, as pandas wants to know them when it reads a CSV."""
        every = {**self.columns, **self.added}
        return {name: column.dtype for name, column in every.items() if column.dtype == TEXT}

    def frame(self, rows: Iterable[Sequence[Any]] = ()) -> "pd.DataFrame":
        """The table of these rows, each with one value per column."""
        import pandas as pd

        return self.checked(pd.DataFrame(list(rows), columns=list(self.columns)))

    def checked(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """The frame with the types of the table.

        Raises: ValueError for other columns than the table has, in their order, or values that do not fit.
        """
        if list(frame.columns) != list(self.columns):
            raise ValueError(f"{self.name} has the columns {list(self.columns)}, not {list(frame.columns)}.")
        return frame.astype({name: column.dtype for name, column in self.columns.items() if column.dtype != TEXT})


STAGE = "before or after fine-tuning"
LAYER = "hidden layer, 0 the initial one (embedding output)"
LANGUAGE = "ISO 639-1 code"
TYPE = "PER, LOC or ORG"
SENTENCE = "language/context/entity"
DONOR = "language trained on"
RECIPIENT = "language tested on"

# Columns that go together in many tables.
AT = {"stage": text(STAGE), "layer": integer(LAYER)}
PAIR = {"a": text(LANGUAGE), "b": text(LANGUAGE)}
MODEL = {"donor": text(DONOR), "seed": integer("seed of the fine-tuning")}
