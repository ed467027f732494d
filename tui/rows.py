"""What a table widget shows: a number of rows and, for each, its cells; nothing more is ever asked for."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from rich.cells import cell_len
from rich.text import Text

from nerspace.datasets.records import Context, Entity, Sentence
from nerspace.tui.literal import entity_text, literal, shown_number
from nerspace.tui.palette import type_style

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets.synthetic import SyntheticNER
    from nerspace.datasets.tagged import TaggedCorpus
    from nerspace.tui.parallel_index import Block
    from nerspace.tui.tagged_index import TaggedName

Cell = str | Text
CHUNK = 5_000
_SAMPLE = 30


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, where its cells stand, whether it stays while others scroll.

    greedy: takes all the room there is, as a column that is read takes it from those that are looked up.
    """

    name: str
    right: bool = False
    fixed: bool = False
    at_most: int = 40
    greedy: bool = False


class Rows(Protocol):
    """Rows by number. `chunks` gives the same rows as DataFrames of raw values, for export."""

    @property
    def columns(self) -> Sequence[Column]:
        """The columns, in order; the fixed ones first."""

    def __len__(self) -> int: ...

    def cells(self, index: int) -> Sequence[Cell]:
        """The cells of a row, as many as columns."""

    def chunks(self) -> Iterator["pd.DataFrame"]:
        """All rows, in order, a piece at a time."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The table behind a view: what `e` exports and `?` explains. columns: name → meaning."""

    name: str
    rows: Rows
    columns: Mapping[str, str] = field(default_factory=dict)


def measured(rows: Rows) -> list[int]:
    """Widths in cells that hold the headings and a sample of the rows, each within its column's bound.

    It makes every cell of the sample, so what is slow to make is measured in a worker thread.
    """
    count = len(rows)
    step = max(1, count // _SAMPLE)
    widths = [cell_len(column.name) for column in rows.columns]
    for index in {*range(0, min(count, step * _SAMPLE), step), *range(max(0, count - 1), count)}:
        for place, cell in enumerate(rows.cells(index)):
            widths[place] = max(widths[place], cell.cell_len if isinstance(cell, Text) else cell_len(cell))
    return [min(width, column.at_most) for width, column in zip(widths, rows.columns, strict=True)]


class NoRows:
    """An empty table, before anything is loaded."""

    columns: Sequence[Column] = ()

    def __len__(self) -> int:
        return 0

    def cells(self, index: int) -> Sequence[Cell]:
        """There is no row."""
        raise IndexError(index)

    def chunks(self) -> Iterator["pd.DataFrame"]:
        """There is no row."""
        return iter(())


def _at(frame: "pd.DataFrame", row: int, column: int) -> Any:
    return frame.iat[row, column]


def _decimals(column: "pd.Series[Any]") -> str:
    """One format for all floats of a column, so that their points stand under each other."""
    if column.dtype.kind != "f":
        return ""
    largest = column.abs().max()
    return ".2e" if 0 < largest < 0.01 else ".3f" if largest < 100 else ",.1f"


class FrameRows:
    """The rows of a DataFrame; numbers to the right."""

    def __init__(self, frame: "pd.DataFrame", fixed: int = 1) -> None:
        from pandas.api.types import is_numeric_dtype

        self.frame = frame
        self.columns: Sequence[Column] = tuple(
            Column(literal(name), bool(is_numeric_dtype(frame[name])), place < fixed, 48)
            for place, name in enumerate(frame.columns)
        )
        self._formats = [_decimals(frame[name]) for name in frame.columns]

    def __len__(self) -> int:
        return len(self.frame)

    def cells(self, index: int) -> Sequence[Cell]:
        """The values of a row, shortened for reading."""
        return [
            format(value, form) if form and value == value else shown_number(value)
            for place, form in enumerate(self._formats)
            for value in [_at(self.frame, index, place)]
        ]

    def chunks(self) -> Iterator["pd.DataFrame"]:
        """The DataFrame itself."""
        yield self.frame


class EntityRows:
    """Names × languages: one row for every entity and case."""

    def __init__(self, rows: Sequence[tuple[Entity, str]], languages: Sequence[str]) -> None:
        self.rows = rows
        self.languages = tuple(languages)
        self.columns: Sequence[Column] = (
            Column("entity", fixed=True, at_most=16), Column("type", fixed=True), Column("case"),
            *(Column(code, at_most=28) for code in languages),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.rows)

    def cells(self, index: int) -> Sequence[Cell]:
        """Id, type, case and the form in each language."""
        entity, case = self.rows[index]
        forms = entity.forms[case]
        return [literal(v) for v in (entity.id, entity.type, case, *(forms.get(code, "–") for code in self.languages))]

    def chunks(self) -> Iterator["pd.DataFrame"]:
        """Id, type, gender, case and the form in each language."""
        import pandas as pd

        names = ["entity", "type", "gender", "case", *self.languages]
        for start in range(0, len(self.rows), CHUNK):
            records = [
                (e.id, e.type, e.gender, case, *(e.forms[case].get(code, "") for code in self.languages))
                for e, case in self.rows[start : start + CHUNK]
            ]
            yield pd.DataFrame(records, columns=names)


class NameRows:
    """Names in one language, with their types."""

    columns: Sequence[Column] = (Column("type", fixed=True), Column("name", at_most=60), Column("entity"))

    def __init__(self, entities: Sequence[Entity], language: str) -> None:
        self.entities = entities
        self.language = language

    def __len__(self) -> int:
        return len(self.entities)

    def cells(self, index: int) -> Sequence[Cell]:
        """Type, nominative form (else the first there is) and id."""
        entity = self.entities[index]
        forms = entity.forms.get("nominative") or next(iter(entity.forms.values()))
        return [literal(entity.type), literal(forms.get(self.language, "–")), literal(entity.id)]

    def chunks(self) -> Iterator["pd.DataFrame"]:
        """The same, raw."""
        import pandas as pd

        yield pd.DataFrame([self.cells(i) for i in range(len(self))], columns=["type", "name", "entity"])


class SentenceRows:
    """Sentences × languages: one row for every cell of some blocks that share none."""

    def __init__(
        self, corpus: "SyntheticNER", blocks: "Sequence[Block]", languages: Sequence[str], highlight: str
    ) -> None:
        self.corpus = corpus
        self.blocks = blocks
        self.languages = tuple(languages)
        self.highlight = highlight
        self._starts = [0]
        for block in blocks:
            self._starts.append(self._starts[-1] + len(block))
        self.columns: Sequence[Column] = (
            Column("#", right=True, fixed=True), Column("type", fixed=True),
            *(Column(code, at_most=90) for code in languages), Column("case"),
        )  # fmt: skip

    def __len__(self) -> int:
        return self._starts[-1]

    def cell(self, index: int) -> tuple["Block", Context, Entity]:
        """The block, context and entity behind a row."""
        number = bisect_right(self._starts, index) - 1
        block = self.blocks[number]
        return block, *block.cell(index - self._starts[number])

    def cells(self, index: int) -> Sequence[Cell]:
        """Number, type, the sentence in each language with its name highlighted, and case."""
        return _SentenceCells(self, index)

    def chunks(self) -> Iterator["pd.DataFrame"]:
        """Ids, type, case and the sentence in each language, empty where the row has none."""
        import pandas as pd

        names = ["context", "entity", "type", "case", *self.languages]
        for start in range(0, len(self), CHUNK):
            records = []
            for index in range(start, min(start + CHUNK, len(self))):
                block, context, entity = self.cell(index)
                texts = (
                    self.corpus.sentence_of(context, entity, code).text if code in block.languages else ""
                    for code in self.languages
                )
                records.append((context.id, entity.id, entity.type, block.case, *texts))
            yield pd.DataFrame(records, columns=names)


class _SentenceCells(Sequence[Cell]):
    """The cells of a row, each made when it is asked for: a screen shows few of eleven languages."""

    def __init__(self, rows: SentenceRows, index: int) -> None:
        self._rows = rows
        self._index = index
        self._block, self._context, self._entity = rows.cell(index)

    def __len__(self) -> int:
        return len(self._rows.columns)

    def __getitem__(self, place: Any) -> Any:
        place = range(len(self))[place]
        if place < 2:
            return literal(self._entity.type) if place else str(self._index + 1)
        if place == len(self) - 1:
            return literal(self._block.case)
        code = self._rows.languages[place - 2]
        if code not in self._block.languages:
            return "–"
        s = self._rows.corpus.sentence_of(self._context, self._entity, code)
        return entity_text(s.words, s.tags, self._rows.highlight, s.text)


class TaggedRows:
    """Sentences that arrived tagged, by their numbers in the corpus; each type of name in its own style."""

    columns: Sequence[Column] = (
        Column("#", right=True, fixed=True), Column("split", fixed=True, at_most=10), Column("lang", fixed=True),
        Column("type", fixed=True, at_most=12), Column("text", at_most=1_000),
    )  # fmt: skip

    def __init__(self, corpus: "TaggedCorpus", numbers: Sequence[int]) -> None:
        self.corpus = corpus
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def sentence(self, index: int) -> Sentence:
        """The sentence behind a row."""
        return self.corpus.sentence(self.numbers[index])

    def cells(self, index: int) -> Sequence[Cell]:
        """Number in the corpus, split, language, type and the text with its names highlighted."""
        s = self.sentence(index)
        return [
            str(self.numbers[index] + 1), literal(s.split), literal(s.language), literal(s.type or "–"),
            entity_text(s.words, s.tags, type_style, s.text),
        ]  # fmt: skip

    def chunks(self) -> Iterator["pd.DataFrame"]:
        """The same, raw, and the tags of the words."""
        import pandas as pd

        for start in range(0, len(self), CHUNK):
            numbers = self.numbers[start : start + CHUNK]
            sentences = ((number + 1, self.corpus.sentence(number)) for number in numbers)
            yield pd.DataFrame(
                [(number, s.split, s.language, s.type, s.text, " ".join(s.tags)) for number, s in sentences],
                columns=["number", "split", "language", "type", "text", "tags"],
            )


class TaggedNameRows:
    """The names that tagged sentences hold, each with its type, language and how often it is tagged so."""

    columns: Sequence[Column] = (
        Column("name", fixed=True, at_most=48), Column("type", at_most=12), Column("language"),
        Column("count", right=True),
    )  # fmt: skip

    def __init__(self, names: "Sequence[TaggedName]") -> None:
        self.names = names

    def __len__(self) -> int:
        return len(self.names)

    def cells(self, index: int) -> Sequence[Cell]:
        """Name, type, language, count."""
        name = self.names[index]
        return [literal(name.text), literal(name.type), literal(name.language), f"{name.count:,}"]

    def chunks(self) -> Iterator["pd.DataFrame"]:
        """The same, raw."""
        import pandas as pd

        for start in range(0, len(self), CHUNK):
            records = [(n.text, n.type, n.language, n.count) for n in self.names[start : start + CHUNK]]
            yield pd.DataFrame(records, columns=["name", "type", "language", "count"])
