"""Parallel corpora, contexts × names: an index that finds by blocks, and rows whose sentences are made when drawn."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from nerspace.datasets.errors import UsageError
from nerspace.datasets.records import Context, Entity
from nerspace.datasets.spelling import folded
from nerspace.tui.colours import HIGHLIGHT
from nerspace.tui.filters import Filter, held
from nerspace.tui.literal import entity_text, literal
from nerspace.tui.widgets.rows import Cell, Column, Rows, SortValues

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets.synthetic import SyntheticNER

# A sentence is made in some 20 microseconds: more than these are not put in order.
_SORTED_SENTENCES = 200_000


@dataclass(frozen=True, slots=True)
class Block:
    """Contexts and names any two of which make a sentence in each of some languages, with their text to search in."""

    case: str
    languages: tuple[str, ...]
    contexts: Sequence[Context]
    context_texts: Sequence[str]
    entities: Sequence[Entity]
    entity_texts: Sequence[str]

    def __len__(self) -> int:
        return len(self.contexts) * len(self.entities)

    def cell(self, index: int) -> tuple[Context, Entity]:
        """The context and name of a cell."""
        row, column = divmod(index, len(self.entities))
        return self.contexts[row], self.entities[column]


class ParallelIndex:
    """The sentences and names of a corpus, ready to be searched. Making one reads every context and name once."""

    kind = "parallel"

    def __init__(self, corpus: "SyntheticNER") -> None:
        self.corpus = corpus
        self._in_languages = lru_cache(maxsize=8)(self._make_blocks)
        self._name_texts = lru_cache(maxsize=8)(self._make_name_texts)
        self.total = sum(map(len, self._in_languages(())))
        self.total_names = len(self._name_texts(()))

    @property
    def facts(self) -> str:
        """Its sizes in a few words."""
        return f"{len(self.corpus.contexts):,} contexts, {len(self.corpus.entities):,} names"

    @cached_property
    def known(self) -> dict[str, Sequence[str]]:
        """The values of every field of a filter whose values are listed."""
        from nerspace.datasets.records import CASES, ENTITY_TYPES

        return {
            "type": ENTITY_TYPES, "lang": self.corpus.languages, "case": CASES,
            "entity": [entity.id for entity in self.corpus.entities],
            "context": [context.id for context in self.corpus.contexts],
        }  # fmt: skip

    def sentences(self, chosen: Filter) -> list[Block]:
        """What a filter leaves, in blocks that share no cell.

        Every type and case is taken in the languages that have both its contexts and its names, or in all languages
        that the filter names. A word may stand in the context or in the name: contexts are grouped by the words that
        they hold themselves, and each group is combined with the names that hold the rest.

        Raises:
            UsageError: for an unknown type, language, case or split, or when nothing is left before words count.
        """
        self._check(chosen)
        blocks = [
            block
            for block in self._in_languages(chosen.languages, chosen.out.languages)
            if chosen.takes("type", block.contexts[0].type) and chosen.takes("case", block.case)
        ]
        if not blocks:
            raise UsageError(f"No sentence of {self.corpus.name} is left after the selection.", self._choices())
        if chosen.asks_of_names or chosen.entities or chosen.contexts or chosen.without:
            blocks = [part for block in blocks if len(part := _fitting(block, chosen))]
        return [part for block in blocks for part in _holding(block, chosen.words)] if chosen.words else blocks

    def names(self, chosen: Filter) -> list[tuple[Entity, str]]:
        """The names and cases that a filter leaves: each word stands in the id, the type or a form of that case.

        Raises:
            UsageError: for an unknown type, language, case or split.
        """
        self._check(chosen)
        if chosen.contexts or chosen.out.contexts:
            raise UsageError("Names stand in no context.", "Leave context: out, or look at sentences with t.")
        every = (1 << len(chosen.words)) - 1
        languages = chosen.spoken(self.corpus.languages)
        return [
            (entity, case)
            for entity, case, text in self._name_texts(languages)
            if chosen.takes("type", entity.type)
            and chosen.takes("case", case)
            and chosen.takes("entity", folded(entity.id))
            and held(text, chosen.words) == every
            and not held(text, chosen.out.words)
            and (not chosen.asks_of_names or chosen.fits(_forms(entity, case, languages)))
        ]

    def _check(self, chosen: Filter) -> None:
        if chosen.splits or chosen.out.splits:
            raise UsageError(f"{self.corpus.name} is not split.", "Leave split: out of the filter.")
        if chosen.identical is not None and len(self.spoken(chosen)) < 2:
            raise UsageError("One language alone is not compared.", "Name two in lang:, as in lang:be,ru identical:no.")
        for what, values, known in (
            ("language", (*chosen.languages, *chosen.out.languages), self.corpus.languages),
            ("type", (*chosen.types, *chosen.out.types), self.known["type"]),
            ("case", (*chosen.cases, *chosen.out.cases), self.known["case"]),
        ):
            for value in values:
                if value not in known:
                    raise UsageError(f"Unknown {what} {value!r}.", f"Choose from {', '.join(known)}.")

    def spoken(self, chosen: Filter) -> list[str]:
        """The languages that a filter leaves."""
        return list(chosen.spoken(self.corpus.languages) or self.corpus.languages)

    def _choices(self) -> str:
        parts = dict.fromkeys(
            f"{block.contexts[0].type} {block.case} in {' '.join(block.languages)}" for block in self._in_languages(())
        )
        return f"It has {'; '.join(parts) or 'none'}."

    def _make_blocks(self, languages: tuple[str, ...], without: tuple[str, ...] = ()) -> list[Block]:
        contexts: dict[tuple[str, str], list[Context]] = defaultdict(list)
        for context in self.corpus.contexts:
            contexts[context.type, context.case].append(context)
        blocks = []
        for (kind, case), members in contexts.items():
            names = [entity for entity in self.corpus.entities if entity.type == kind and case in entity.forms]
            common = languages or self._common([c.texts for c in members], [e.forms[case] for e in names])
            spoken = [code for code in common if code not in without]
            for slot in dict.fromkeys((context.gender, context.fits) for context in members):
                fitting = [c for c in members if (c.gender, c.fits) == slot and c.texts.keys() >= set(spoken)]
                fillers = [
                    e for e in names if fitting and fitting[0].takes(e) and e.forms[case].keys() >= set(spoken)
                ]  # fmt: skip
                if spoken and fitting and fillers:
                    blocks.append(
                        Block(
                            case, tuple(spoken), fitting, [_context_text(c, spoken) for c in fitting],
                            fillers, [_name_text(e, case, spoken) for e in fillers],
                        )
                    )  # fmt: skip
        return blocks

    def _common(self, contexts: Sequence[Iterable[str]], names: Sequence[Iterable[str]]) -> list[str]:
        """The languages in which there is any context and any name."""
        of_contexts, of_names = ({code for texts in found for code in texts} for found in (contexts, names))
        return [code for code in self.corpus.languages if code in of_contexts & of_names]

    def _make_name_texts(self, languages: tuple[str, ...]) -> list[tuple[Entity, str, str]]:
        return [
            (entity, case, _name_text(entity, case, languages or self.corpus.languages))
            for entity in self.corpus.entities
            for case, forms in entity.forms.items()
            if not languages or not forms.keys().isdisjoint(languages)
        ]


def _forms(entity: Entity, case: str, languages: Sequence[str]) -> list[str]:
    """The forms of a name in some languages, in all that it has for none."""
    forms = entity.forms[case]
    return [forms[code] for code in languages or forms if code in forms]


def _fitting(block: Block, chosen: Filter) -> Block:
    """The block with the contexts and names alone that the filter leaves, whatever words it asks for."""
    unwanted = chosen.out.words
    rows = [
        place for place, (context, text) in enumerate(zip(block.contexts, block.context_texts, strict=True))
        if chosen.takes("context", folded(context.id)) and not held(text, unwanted)
    ]  # fmt: skip
    names = [
        place for place, (entity, text) in enumerate(zip(block.entities, block.entity_texts, strict=True))
        if chosen.takes("entity", folded(entity.id)) and not held(text, unwanted)
        and (not chosen.asks_of_names or chosen.fits(_forms(entity, block.case, block.languages)))
    ]  # fmt: skip
    return _part(block, rows, names)


def _part(block: Block, rows: Sequence[int], names: Sequence[int]) -> Block:
    return Block(
        block.case, block.languages,
        [block.contexts[i] for i in rows], [block.context_texts[i] for i in rows],
        [block.entities[i] for i in names], [block.entity_texts[i] for i in names],
    )  # fmt: skip


def _holding(block: Block, words: Sequence[str]) -> list[Block]:
    """The cells of a block that hold every word; contexts that hold most of them themselves come first."""
    every = (1 << len(words)) - 1
    groups: dict[int, list[int]] = defaultdict(list)
    for place, text in enumerate(block.context_texts):
        groups[held(text, words)].append(place)
    by_names = [held(text, words) for text in block.entity_texts]
    parts = []
    for mask, places in sorted(groups.items(), reverse=True):
        fillers = [place for place, names_hold in enumerate(by_names) if names_hold | mask == every]
        if fillers:
            parts.append(_part(block, places, fillers))
    return parts


def _name_text(entity: Entity, case: str, languages: Sequence[str]) -> str:
    forms = entity.forms[case]
    return folded("\n".join([entity.id, entity.type, *(forms.get(code, "") for code in languages)]))


def _context_text(context: Context, languages: Sequence[str]) -> str:
    from nerspace.datasets.filling import SLOT

    return folded(SLOT.sub("\n", "\n".join([context.id, *(context.texts[code] for code in languages)])))


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


class SentenceRows(Rows):
    """Sentences × languages: one row for every cell of some blocks that share none."""

    sortable = _SORTED_SENTENCES

    def __init__(self, corpus: "SyntheticNER", blocks: Sequence[Block], languages: Sequence[str]) -> None:
        self.corpus = corpus
        self.blocks = blocks
        self.languages = tuple(languages)
        self._starts = [0]
        for block in blocks:
            self._starts.append(self._starts[-1] + len(block))
        self.columns: Sequence[Column] = (
            Column("#", right=True, fixed=True), Column("type", fixed=True),
            *(Column(code, at_most=90) for code in languages), Column("case"),
        )  # fmt: skip

    def __len__(self) -> int:
        return self._starts[-1]

    def cell(self, index: int) -> tuple[Block, Context, Entity]:
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

    def sort_values(self, place: int) -> SortValues:
        """Numbers as numbers, the rest as text."""
        return range(len(self)) if place == 0 else super().sort_values(place)

    def key(self, index: int) -> Hashable:
        """Context, entity and case."""
        block, context, entity = self.cell(index)
        return context.id, entity.id, block.case

    def places(self, keys: Iterable[Hashable]) -> list[int]:
        """Found block by block: a context and a name give the row."""
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
    """The cells of a row, each made when it is requested: a screen shows few of eleven languages."""

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
        return entity_text(s.words, s.tags, HIGHLIGHT, s.text)
