"""The rows of a corpus: sentences and names, each made when it is asked for."""

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nerspace.datasets.records import Context, Entity, Sentence
from nerspace.tui.colours import type_style
from nerspace.tui.literal import entity_text, literal
from nerspace.tui.widgets.rows import Cell, Column, Rows

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets.synthetic import SyntheticNER
    from nerspace.datasets.tagged import TaggedCorpus
    from nerspace.tui.explorer.data.parallel_index import Block
    from nerspace.tui.explorer.data.tagged_index import TaggedName

# A sentence is made in some 20 microseconds: more than these are not put in order.
_SORTED_SENTENCES = 200_000


class EntityRows(Rows):
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

    def raw(self, numbers: Sequence[int]) -> "pd.DataFrame":
        """Id, type, gender, case and the form in each language."""
        import pandas as pd

        records = [
            (e.id, e.type, e.gender, case, *(e.forms[case].get(code, "") for code in self.languages))
            for e, case in (self.rows[number] for number in numbers)
        ]
        return pd.DataFrame(records, columns=["entity", "type", "gender", "case", *self.languages])

    def key(self, index: int) -> Hashable:
        """Entity and case."""
        entity, case = self.rows[index]
        return entity.id, case


class NameRows(Rows):
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
        return [literal(entity.type), literal(_first_forms(entity).get(self.language, "–")), literal(entity.id)]

    def raw(self, numbers: Sequence[int]) -> "pd.DataFrame":
        """Type, form and id; a language that lacks the name leaves it empty."""
        import pandas as pd

        entities = [self.entities[number] for number in numbers]
        records = [(e.type, _first_forms(e).get(self.language, ""), e.id) for e in entities]
        return pd.DataFrame(records, columns=["type", "name", "entity"])

    def key(self, index: int) -> Hashable:
        """The entity."""
        return self.entities[index].id


def _first_forms(entity: Entity) -> Mapping[str, str]:
    """The nominative forms by language, else those of the first case there is."""
    return entity.forms.get("nominative") or next(iter(entity.forms.values()))


class SentenceRows(Rows):
    """Sentences × languages: one row for every cell of some blocks that share none."""

    sortable = _SORTED_SENTENCES

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

    def raw(self, numbers: Sequence[int]) -> "pd.DataFrame":
        """Ids, type, case and the sentence in each language, empty where the row has none."""
        import pandas as pd

        records = []
        for index in numbers:
            block, context, entity = self.cell(index)
            texts = (
                self.corpus.sentence_of(context, entity, code).text if code in block.languages else ""
                for code in self.languages
            )
            records.append((context.id, entity.id, entity.type, block.case, *texts))
        return pd.DataFrame(records, columns=["context", "entity", "type", "case", *self.languages])

    def sort_values(self, place: int) -> Sequence[Any]:
        """Numbers as numbers, the rest as text."""
        return range(len(self)) if place == 0 else super().sort_values(place)

    def key(self, index: int) -> Hashable:
        """Context, entity and case."""
        block, context, entity = self.cell(index)
        return context.id, entity.id, block.case

    def places(self, keys: Iterable[Hashable]) -> list[int]:
        """Found block by block: a context and a name tell the row."""
        wanted = [key for key in keys if isinstance(key, tuple)]
        found: list[int] = []
        for start, block in zip(self._starts, self.blocks, strict=False):
            rows = {context.id: place for place, context in enumerate(block.contexts)} if wanted else {}
            names = {entity.id: place for place, entity in enumerate(block.entities)} if wanted else {}
            for context, entity, case in wanted:
                if case == block.case and context in rows and entity in names:
                    found.append(start + rows[context] * len(names) + names[entity])
        return sorted(found)


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


class TaggedRows(Rows):
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

    def raw(self, numbers: Sequence[int]) -> "pd.DataFrame":
        """The same, raw, and the tags of the words."""
        import pandas as pd

        chosen = (self.numbers[number] for number in numbers)
        sentences = ((number + 1, self.corpus.sentence(number)) for number in chosen)
        return pd.DataFrame(
            [(number, s.split, s.language, s.type, s.text, " ".join(s.tags)) for number, s in sentences],
            columns=["number", "split", "language", "type", "text", "tags"],
        )

    def key(self, index: int) -> Hashable:
        """Its number in the corpus."""
        return self.numbers[index]

    def sort_values(self, place: int) -> Sequence[Any]:
        """Numbers in the order of the corpus, the rest as text."""
        return list(self.numbers) if place == 0 else super().sort_values(place)


class TaggedNameRows(Rows):
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

    def raw(self, numbers: Sequence[int]) -> "pd.DataFrame":
        """The same, raw."""
        import pandas as pd

        records = [(n.text, n.type, n.language, n.count) for n in (self.names[number] for number in numbers)]
        return pd.DataFrame(records, columns=["name", "type", "language", "count"])

    def key(self, index: int) -> Hashable:
        """The name itself."""
        return self.names[index]

    def sort_values(self, place: int) -> Sequence[Any]:
        """The counts as numbers, the rest as text."""
        return [name.count for name in self.names] if place == 3 else super().sort_values(place)
