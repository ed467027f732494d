"""SyntheticNER: every context filled with every name that fits it, in several languages, never built as a whole."""

import random
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from nerspace.datasets.counting import count_table
from nerspace.datasets.dropped import Dropped, FileRead
from nerspace.datasets.errors import UsageError
from nerspace.datasets.filling import around_of, dressed, fill
from nerspace.datasets.languages import in_order
from nerspace.datasets.reading import Reading, chosen_types, unknown_label
from nerspace.datasets.records import CASES, ENTITY_TYPES, Context, Entity, Sentence
from nerspace.datasets.spelling import folded
from nerspace.datasets.splitting import context_texts, cut, entity_texts
from nerspace.datasets.visible import visible

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, str, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Block:
    """Contexts and names of one type, case, gender and of kinds that fit: any of them may be combined."""

    contexts: Sequence[Context]
    entities: Sequence[Entity]

    def __len__(self) -> int:
        return len(self.contexts) * len(self.entities)


@dataclass(frozen=True, slots=True)
class Split:
    """Two corpora that share neither a context nor a name."""

    train: "SyntheticNER"
    test: "SyntheticNER"


# So many names are looked up before an index of all forms pays.
_MOST_LOOKS = 3


class SyntheticNER:
    """The product of contexts and entities, kept to the pairs where type, case, gender and kind agree.

    A *cell* is one such pair; it has a sentence in every language of the corpus. Cells are numbered 0 to len − 1 and
    found in O(1) without building any other. Contexts and names that lack a language of the corpus make no cell in it:
    `select` fewer languages.
    refused: contexts that are in no cell but are counted as possible. dropped, files: what a reader left out and read.
    """

    _looks = 0

    def __init__(
        self, name: str, contexts: Sequence[Context], entities: Sequence[Entity],
        languages: Sequence[str] | None = None, part: str = "all", *, refused: Sequence[Context] = (),
        dropped: Sequence[Dropped] = (), files: Sequence[FileRead] = (), renames: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.renames = dict(renames or {})
        self.contexts = tuple(contexts)
        self.entities = tuple(entities)
        self.part = part
        self.refused = tuple(refused)
        self.dropped = tuple(dropped)
        self.files = tuple(files)
        known: dict[str, None] = dict.fromkeys(code for context in self.contexts for code in context.texts)
        self.languages = tuple(languages) if languages else in_order(known)
        self._blocks = [block for block in self._make_blocks() if len(block)]
        self._starts = [0]
        for block in self._blocks:
            self._starts.append(self._starts[-1] + len(block))

    def _make_blocks(self) -> Iterator[_Block]:
        spoken = set(self.languages)
        contexts: dict[Key, list[Context]] = defaultdict(list)
        for context in self.contexts:
            if spoken <= context.texts.keys():
                contexts[context.type, context.case, context.gender, context.fits].append(context)
        entities: dict[tuple[str, str, str], list[Entity]] = defaultdict(list)
        for entity in self.entities:
            for case, forms in entity.forms.items():
                if spoken <= forms.keys():
                    entities[entity.type, case, entity.gender].append(entity)
        for (kind, case, gender, _), members in contexts.items():
            yield _Block(members, [entity for entity in entities[kind, case, gender] if members[0].takes(entity)])

    def __len__(self) -> int:
        return self._starts[-1]

    def __repr__(self) -> str:
        part = "" if self.part == "all" else f", {self.part} part"
        return visible(
            f"<SyntheticNER {self.name!r}{part}: {len(self):,} parallel sentences in each of "
            f"{' '.join(self.languages)}; {' '.join(self.types)}; {len(self.contexts):,} contexts, "
            f"{len(self.entities):,} names>"
        )

    @property
    def types(self) -> tuple[str, ...]:
        """The entity types that have cells."""
        found = {block.contexts[0].type for block in self._blocks}
        return tuple(kind for kind in ENTITY_TYPES if kind in found)

    def read_as(self, reading: Reading) -> "SyntheticNER":
        """The same under a reading: with its types alone, and what its map renames.

        Raises:
            UsageError: a type that the corpus does not have.
        """
        if not (reading.map or reading.types):
            return self
        mapped = dict(reading.map)
        for kind in mapped:
            if kind not in self.types:
                raise unknown_label(self.name, kind, self.types)
        named = {kind: mapped.get(kind, kind) for kind in self.types}
        wanted = set(chosen_types(reading, self.name, set(named.values()) - {"O"}) or named.values()) - {"O"}
        corpus = self.select(types=[kind for kind, name in named.items() if name in wanted])
        corpus.renames = mapped
        return corpus

    def cell(self, index: int) -> tuple[Context, Entity]:
        """The context and entity of a cell.

        Raises:
            IndexError: outside 0 … len − 1.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"cell {index} of {len(self)}")
        number = bisect_right(self._starts, index) - 1
        block = self._blocks[number]
        row, column = divmod(index - self._starts[number], len(block.entities))
        return block.contexts[row], block.entities[column]

    def sentence(self, index: int, language: str) -> Sentence:
        """The sentence of a cell in one language."""
        context, entity = self.cell(index)
        return self.sentence_of(context, entity, language)

    def sentence_of(self, context: Context, entity: Entity, language: str) -> Sentence:
        """The sentence that a context and an entity make in one language."""
        form = entity.forms[context.case][language]
        kind, around = self.renames.get(entity.type, entity.type), around_of(entity, context.case, language)
        words, tags, text = fill(context.texts[language], form, context.case, kind, language, around)
        return Sentence(
            words, tags, text, self.name, self.part, language, kind, context.case, context.id,
            entity.id,
        )  # fmt: skip

    def sentences(self, language: str, indices: Iterable[int] | None = None) -> Iterator[Sentence]:
        """The sentences of these cells in one language, one after the other; of all cells, in order, without indices.

        Nothing is stored but the cut contexts and names, so that memory does not grow with the number of sentences.

        Args:
            language: one of the corpus.
            indices: numbers of cells.

        Raises:
            UsageError: a language that the corpus does not have.
            IndexError: a cell outside 0 … len − 1.
        """
        _check("language", [language], self.languages)
        if indices is not None:
            return (self.sentence(index, language) for index in indices)
        return (
            self.sentence_of(context, entity, language)
            for block in self._blocks
            for context in block.contexts
            for entity in block.entities
        )

    def parallel(self, index: int) -> dict[str, Sentence]:
        """The sentences of a cell in every language of the corpus."""
        context, entity = self.cell(index)
        return {language: self.sentence_of(context, entity, language) for language in self.languages}

    @cached_property
    def entity_by_id(self) -> dict[str, Entity]:
        """Entities by their id."""
        return {entity.id: entity for entity in self.entities}

    def named(self, name: str) -> list[Entity]:
        """Entities that have this form, with or without its article, in any language and case of letters."""
        wanted = folded(name)
        # The index of all forms takes as long as many looks at the lines that they stand in.
        if self._looks < _MOST_LOOKS and "_by_form" not in vars(self):
            self._looks += 1
            return [
                entity
                for entity in self.entities
                if _may_have(entity, wanted) and any(folded(form) == wanted for form in _written(entity))
            ]
        return list(self._by_form.get(wanted, ()))

    @cached_property
    def _by_form(self) -> dict[str, list[Entity]]:
        """Folded form → the entities that have it."""
        found: dict[str, list[Entity]] = defaultdict(list)
        for entity in self.entities:
            for form in dict.fromkeys(map(folded, _written(entity))):
                found[form].append(entity)
        return dict(found)

    def select(
        self, *, types: Iterable[str] | None = None, languages: Sequence[str] | None = None,
        cases: Iterable[str] | None = None, genders: Iterable[str] | None = None,
    ) -> "SyntheticNER":  # fmt: skip
        """The part of the corpus with these types, cases and genders whose cells exist in all these languages.

        Raises:
            UsageError: an unknown value, or when nothing is left.
        """
        _check("type", types, ENTITY_TYPES)
        _check("case", cases, CASES)
        _check("gender", genders, ("m", "f", ""))
        _check("language", languages, self.languages)
        wanted_types, wanted_cases = set(types or ENTITY_TYPES), set(cases or CASES)
        wanted_genders = set(genders or ("m", "f", ""))
        spoken = set(languages or self.languages)

        def wanted(c: Context) -> bool:
            return c.type in wanted_types and c.case in wanted_cases and c.gender in wanted_genders

        contexts = [c for c in self.contexts if wanted(c)]
        chosen = SyntheticNER(
            self.name,
            [c for c in contexts if spoken <= c.texts.keys()],
            [e for e in self.entities if e.type in wanted_types and e.gender in wanted_genders],
            languages or self.languages,
            self.part,
            refused=[*filter(wanted, self.refused), *(c for c in contexts if not spoken <= c.texts.keys())],
            dropped=self.dropped,
            files=self.files,
            renames=self.renames,
        )
        if not len(chosen):
            raise UsageError(f"No sentence of {self.name} is left after the selection.", self._choices())
        return chosen

    def _choices(self) -> str:
        if not self.contexts and not self.refused:
            return "It holds names without contexts, which serve nerspace tokens, nerspace tnld and --names."
        rows = self.counts()
        rows = rows[rows["valid"] > 0]
        parts = [f"{kind} {case} in {codes}" for kind, case, codes in rows[["type", "case", "languages"]].to_numpy()]
        return f"It has {'; '.join(parts) or 'none'}."

    def sample(self, n: int, *, language: str | None = None, seed: int = 0, once: bool = False) -> list[Sentence]:
        """Sentences of different cells, drawn uniformly at random.

        Args:
            n: how many; fewer where there are fewer cells.
            language: of every sentence; without, each is in a language drawn at random.
            seed: of the draw.
            once: each context at most once, as the paper samples.

        Raises:
            UsageError: the corpus lacks the language.
        """
        numbers = self.sample_numbers(n, seed=seed, once=once)
        if language:
            return list(self.sentences(language, numbers))
        generator = random.Random(seed)  # noqa: S311 - a reproducible sample, no secret
        return [self.sentence(number, generator.choice(self.languages)) for number in numbers]

    def sample_numbers(self, n: int, *, seed: int = 0, once: bool = False) -> list[int]:
        """Numbers of n different cells, uniformly at random; of all, in random order, when there are fewer.

        Args:
            n: how many.
            seed: of the draw.
            once: the paper's way, each context at most once with one name.
        """
        generator = random.Random(seed)  # noqa: S311 - a reproducible sample, no secret
        if not once:
            return generator.sample(range(len(self)), min(n, len(self)))
        rows = [
            (start + row * len(block.entities), len(block.entities))
            for start, block in zip(self._starts, self._blocks, strict=False)
            for row in range(len(block.contexts))
        ]
        return [start + generator.randrange(width) for start, width in generator.sample(rows, min(n, len(rows)))]

    @cached_property
    def ambiguous(self) -> frozenset[str]:
        """Ids of the names that read like a name of another type, which runs hold out for testing.

        None where these are most names of a type: too few would be left to learn from.
        """
        every = Counter(entity.type for entity in self.entities)
        found = [entity for entity in self.entities if entity.ambiguity]
        few = all(2 * count <= every[kind] for kind, count in Counter(entity.type for entity in found).items())
        return frozenset(entity.id for entity in found if few)

    def split(self, seed: int = 0, test_share: float = 0.2, held: Collection[str] = ()) -> Split:
        """Contexts and entities, each cut into train and test.

        Contexts or names that read the same in any language always fall on the same side, whatever their type. Within
        every type, case and gender the test part holds `test_share` of the contexts, of the names likewise, rounded.
        Refused contexts are on neither side.

        Args:
            seed: of the draw.
            test_share: of contexts and names.
            held: ids of names that the test part holds whatever is drawn, besides its share of the others.
        """
        contexts = cut(self.contexts, context_texts, lambda c: (c.type, c.case, c.gender), seed, test_share)
        entities = cut(
            self.entities, entity_texts, lambda e: (e.type, e.gender), seed + 1, test_share, lambda e: e.id in held
        )
        return Split(
            *(
                self._part(of_side, names, part)
                for of_side, names, part in zip(contexts, entities, ("train", "test"), strict=True)
            )
        )

    def with_names(self, ids: Collection[str]) -> "SyntheticNER":
        """The part of the corpus that these names make with its contexts."""
        return self._part(self.contexts, [entity for entity in self.entities if entity.id in ids], self.part)

    def _part(self, contexts: Sequence[Context], entities: Sequence[Entity], part: str) -> "SyntheticNER":
        return SyntheticNER(
            self.name, contexts, entities, self.languages, part, dropped=self.dropped, files=self.files,
            renames=self.renames,
        )  # fmt: skip

    def counts(self) -> "pd.DataFrame":
        """The table `counts`: per type and case, how many contexts, names, possible and valid sentences."""
        return count_table(self.name, self.languages, self.contexts, self.refused, self.entities)


def _written(entity: Entity) -> Iterator[str]:
    """Every form of an entity, and those that stand in a sentence with something around them."""
    for forms in entity.forms.values():
        yield from forms.values()
    for language, signs in entity.around.items():
        yield dressed(entity.forms["nominative"][language], signs)


def _may_have(entity: Entity, wanted: str) -> bool:
    """Whether an entity may have a form, `folded`; of lines that are not cut yet it is seen at a glance."""
    return any(getattr(forms, "may_hold", lambda _: True)(wanted) for forms in entity.forms.values())


def _check(what: str, values: Iterable[str] | None, known: Sequence[str]) -> None:
    for value in values or ():
        if value not in known:
            raise UsageError(f"Unknown {what} {value!r}.", f"Choose from {', '.join(filter(None, known))}.")
