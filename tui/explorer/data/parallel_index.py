"""Finding in contexts × names: what a filter keeps is told by blocks, and no sentence is made before it is drawn."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from nerspace.datasets.errors import UsageError
from nerspace.datasets.records import Context, Entity
from nerspace.tui.filters import Filter, held

if TYPE_CHECKING:
    from nerspace.datasets.synthetic import SyntheticNER


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

    def sentences(self, chosen: Filter) -> list[Block]:
        """What a filter keeps, in blocks that share no cell.

        Every type and case is taken in the languages that have both its contexts and its names, or in all languages
        that the filter names. A word may stand in the context or in the name: contexts are grouped by the words that
        they hold themselves, and each group is combined with the names that hold the rest.
        Raises: UsageError for an unknown type, language, case or split, or when nothing is left before words count.
        """
        self._check(chosen)
        blocks = [
            block
            for block in self._in_languages(chosen.languages)
            if (not chosen.types or block.contexts[0].type in chosen.types)
            and (not chosen.cases or block.case in chosen.cases)
        ]
        if blocks and chosen.asks_of_names:
            blocks = [part for block in blocks if len(part := _fitting(block, chosen))]
            if not blocks:
                return []
        if not blocks:
            raise UsageError(f"No sentence of {self.corpus.name} is left after the selection.", self._choices())
        return [part for block in blocks for part in _holding(block, chosen.words)] if chosen.words else blocks

    def names(self, chosen: Filter) -> list[tuple[Entity, str]]:
        """The names and cases that a filter keeps: each word stands in the id, the type or a form of that case.

        Raises: UsageError for an unknown type, language, case or split.
        """
        self._check(chosen)
        every = (1 << len(chosen.words)) - 1
        return [
            (entity, case)
            for entity, case, text in self._name_texts(chosen.languages)
            if (not chosen.types or entity.type in chosen.types)
            and (not chosen.cases or case in chosen.cases)
            and held(text, chosen.words) == every
            and (not chosen.asks_of_names or chosen.fits(_forms(entity, case, chosen.languages)))
        ]

    def _check(self, chosen: Filter) -> None:
        from nerspace.datasets.records import CASES, ENTITY_TYPES

        if chosen.splits:
            raise UsageError(f"{self.corpus.name} is not split.", "Leave split: out of the filter.")
        if chosen.identical is not None and len(chosen.languages or self.corpus.languages) < 2:
            raise UsageError("One language alone is not compared.", "Name two in lang:, as in lang:be,ru identical:no.")
        for what, values, known in (
            ("language", chosen.languages, self.corpus.languages),
            ("type", chosen.types, ENTITY_TYPES),
            ("case", chosen.cases, CASES),
        ):
            for value in values:
                if value not in known:
                    raise UsageError(f"Unknown {what} {value!r}.", f"Choose from {', '.join(known)}.")

    def _choices(self) -> str:
        parts = dict.fromkeys(
            f"{block.contexts[0].type} {block.case} in {' '.join(block.languages)}" for block in self._in_languages(())
        )
        return f"It has {'; '.join(parts) or 'none'}."

    def _make_blocks(self, languages: tuple[str, ...]) -> list[Block]:
        contexts: dict[tuple[str, str], list[Context]] = defaultdict(list)
        for context in self.corpus.contexts:
            contexts[context.type, context.case].append(context)
        blocks = []
        for (kind, case), members in contexts.items():
            names = [entity for entity in self.corpus.entities if entity.type == kind and case in entity.forms]
            spoken = languages or self._common([c.texts for c in members], [e.forms[case] for e in names])
            for gender in dict.fromkeys(context.gender for context in members):
                fitting = [c for c in members if c.gender == gender and c.texts.keys() >= set(spoken)]
                fillers = [e for e in names if e.gender == gender and e.forms[case].keys() >= set(spoken)]
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
    """The block with the names alone whose forms the filter keeps."""
    kept = [i for i, e in enumerate(block.entities) if chosen.fits(_forms(e, block.case, block.languages))]
    return replace(
        block, entities=[block.entities[i] for i in kept], entity_texts=[block.entity_texts[i] for i in kept]
    )


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
            parts.append(
                Block(
                    block.case, block.languages,
                    [block.contexts[i] for i in places], [block.context_texts[i] for i in places],
                    [block.entities[i] for i in fillers], [block.entity_texts[i] for i in fillers],
                )
            )  # fmt: skip
    return parts


def _name_text(entity: Entity, case: str, languages: Sequence[str]) -> str:
    forms = entity.forms[case]
    return "\n".join([entity.id, entity.type, *(forms.get(code, "") for code in languages)]).casefold()


def _context_text(context: Context, languages: Sequence[str]) -> str:
    from nerspace.datasets.filling import SLOT

    return SLOT.sub("\n", "\n".join([context.id, *(context.texts[code] for code in languages)])).casefold()
