"""SyntheticNER: every context filled with every name that fits it, in several languages, never built as a whole."""

import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from nerspace.datasets.errors import UsageError
from nerspace.datasets.filling import fill, split_form
from nerspace.datasets.languages import LANGUAGES
from nerspace.datasets.records import CASES, ENTITY_TYPES, Context, Entity, Sentence

if TYPE_CHECKING:
    import pandas as pd

Item = TypeVar("Item", Context, Entity)
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Block:
    """The contexts and names of one type, case and gender: any of them may be combined."""

    contexts: Sequence[Context]
    entities: Sequence[Entity]

    def __len__(self) -> int:
        return len(self.contexts) * len(self.entities)


@dataclass(frozen=True, slots=True)
class Split:
    """Two corpora that share neither a context nor a name."""

    train: "SyntheticNER"
    test: "SyntheticNER"


class SyntheticNER:
    """The product of contexts and entities, kept to the pairs where type, case and gender agree.

    A *cell* is one such pair; it has a sentence in every language of the corpus. Cells are numbered 0 to len − 1 and
    found in O(1) without building any other.
    """

    def __init__(
        self, name: str, contexts: Sequence[Context], entities: Sequence[Entity],
        languages: Sequence[str] | None = None, part: str = "all",
    ) -> None:  # fmt: skip
        self.name = name
        self.contexts = tuple(contexts)
        self.entities = tuple(entities)
        self.part = part
        known = {code for context in self.contexts for code in context.texts}
        self.languages = tuple(languages) if languages else tuple(code for code in LANGUAGES if code in known)
        self._blocks = [block for block in self._make_blocks() if len(block)]
        self._starts = [0]
        for block in self._blocks:
            self._starts.append(self._starts[-1] + len(block))

    def _make_blocks(self) -> Iterator[_Block]:
        spoken = set(self.languages)
        contexts: dict[Key, list[Context]] = defaultdict(list)
        for context in self.contexts:
            if spoken <= context.texts.keys():
                contexts[context.type, context.case, context.gender].append(context)
        entities: dict[Key, list[Entity]] = defaultdict(list)
        for entity in self.entities:
            for case, forms in entity.forms.items():
                if spoken <= forms.keys():
                    entities[entity.type, case, entity.gender].append(entity)
        for key, members in contexts.items():
            yield _Block(members, entities[key])

    def __len__(self) -> int:
        return self._starts[-1]

    def cell(self, index: int) -> tuple[Context, Entity]:
        """The context and entity of a cell.

        Raises: IndexError outside 0 … len − 1.
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
        words, tags, text = fill(context.texts[language], form, context.case, entity.type, language)
        return Sentence(
            tuple(words), tuple(tags), text, self.name, self.part, language, entity.type, context.case, context.id,
            entity.id,
        )  # fmt: skip

    def parallel(self, index: int) -> dict[str, Sentence]:
        """The sentences of a cell in every language of the corpus."""
        context, entity = self.cell(index)
        return {language: self.sentence_of(context, entity, language) for language in self.languages}

    @cached_property
    def entity_by_id(self) -> dict[str, Entity]:
        """Entities by their id."""
        return {entity.id: entity for entity in self.entities}

    @cached_property
    def context_by_id(self) -> dict[str, Context]:
        """Contexts by their id."""
        return {context.id: context for context in self.contexts}

    def named(self, name: str) -> list[Entity]:
        """Entities that have this form, in any language and case of letters."""
        wanted = name.casefold()
        return [
            entity
            for entity in self.entities
            if any(form.casefold() == wanted for forms in entity.forms.values() for form in forms.values())
        ]

    def select(
        self, *, types: Iterable[str] | None = None, languages: Sequence[str] | None = None,
        cases: Iterable[str] | None = None, genders: Iterable[str] | None = None,
    ) -> "SyntheticNER":  # fmt: skip
        """The part of the corpus with these types, cases and genders whose cells exist in all these languages.

        Raises: UsageError for an unknown value, or when nothing is left.
        """
        _check("type", types, ENTITY_TYPES)
        _check("case", cases, CASES)
        _check("gender", genders, ("m", "f", ""))
        _check("language", languages, self.languages)
        wanted_types, wanted_cases = set(types or ENTITY_TYPES), set(cases or CASES)
        wanted_genders = set(genders or ("m", "f", ""))
        chosen = SyntheticNER(
            self.name,
            [c for c in self.contexts
             if c.type in wanted_types and c.case in wanted_cases and c.gender in wanted_genders],
            [e for e in self.entities if e.type in wanted_types and e.gender in wanted_genders],
            languages or self.languages,
            self.part,
        )  # fmt: skip
        if not len(chosen):
            raise UsageError(
                f"No sentence of {self.name} is left after the selection.",
                f"It has the types {', '.join(sorted({c.type for c in self.contexts}))} "
                f"and the languages {', '.join(self.languages)}.",
            )
        return chosen

    def sample(self, n: int, *, seed: int = 0, once: bool = False) -> list[int]:
        """n different cells, uniformly at random; all of them, in random order, when there are fewer.

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

    def split(self, seed: int = 0, test_share: float = 0.2) -> Split:
        """Contexts and entities, each cut into train and test.

        Contexts or names that read the same in any language always fall on the same side, whatever their type. Within
        every type, case and gender the test part holds `test_share` of the contexts, of the names likewise, rounded.
        """
        contexts = _test_part(self.contexts, _context_texts, lambda c: (c.type, c.case, c.gender), seed, test_share)
        entities = _test_part(self.entities, _entity_texts, lambda e: (e.type, e.gender), seed + 1, test_share)

        def part(name: str, in_test: bool) -> SyntheticNER:
            return SyntheticNER(
                self.name,
                [context for context in self.contexts if (context.id in contexts) == in_test],
                [entity for entity in self.entities if (entity.id in entities) == in_test],
                self.languages,
                name,
            )

        return Split(part("train", False), part("test", True))

    def counts(self) -> "pd.DataFrame":
        """The table `counts`: per type and case, how many contexts, names, possible and valid sentences."""
        return counts(self)


def counts(corpus: SyntheticNER) -> "pd.DataFrame":
    """Per type and case: contexts, names, possible = contexts × names, and valid, where the gender fits too.

    Only contexts and names that exist in every language of the corpus are counted.
    """
    import pandas as pd

    spoken = set(corpus.languages)
    rows = []
    for kind in ENTITY_TYPES:
        for case in CASES:
            contexts = [c for c in corpus.contexts if (c.type, c.case) == (kind, case) and spoken <= c.texts.keys()]
            names = [e for e in corpus.entities if e.type == kind and spoken <= e.forms.get(case, {}).keys()]
            if contexts:
                valid = sum(
                    sum(c.gender == gender for c in contexts) * sum(e.gender == gender for e in names)
                    for gender in {c.gender for c in contexts}
                )
                rows.append((corpus.name, kind, case, len(contexts), len(names), len(contexts) * len(names), valid))
    return pd.DataFrame(rows, columns=["corpus", "type", "case", "contexts", "names", "possible", "valid"])


def _check(what: str, values: Iterable[str] | None, known: Sequence[str]) -> None:
    for value in values or ():
        if value not in known:
            raise UsageError(f"Unknown {what} {value!r}.", f"Choose from {', '.join(filter(None, known))}.")


def _context_texts(context: Context) -> Iterator[Hashable]:
    return ((language, text) for language, text in context.texts.items())


def _entity_texts(entity: Entity) -> Iterator[Hashable]:
    """What a name reads like, without preposition or suffix, in every language and case."""
    for case, forms in entity.forms.items():
        for language, form in forms.items():
            yield language, " ".join(split_form(form, case, language)[1])


def _test_part(
    items: Sequence[Item], texts: Callable[[Item], Iterable[Hashable]], stratum: Callable[[Item], Hashable],
    seed: int, share: float,
) -> set[str]:  # fmt: skip
    """Ids of the test part: groups of equal text are drawn in random order into every stratum that is not yet full."""
    wanted: dict[Hashable, int] = defaultdict(int)
    for item in items:
        wanted[stratum(item)] += 1
    wanted = {key: round(share * size) for key, size in wanted.items()}
    groups = _groups(items, texts)
    random.Random(seed).shuffle(groups)  # noqa: S311
    chosen: set[str] = set()
    for group in groups:
        needs: dict[Hashable, int] = defaultdict(int)
        for item in group:
            needs[stratum(item)] += 1
        if all(wanted[key] >= need for key, need in needs.items()):
            chosen.update(item.id for item in group)
            for key, need in needs.items():
                wanted[key] -= need
    return chosen


def _groups(items: Sequence[Item], texts: Callable[[Item], Iterable[Hashable]]) -> list[list[Item]]:
    """Items joined wherever they share a text, by union and find; in order of first appearance."""
    parent = list(range(len(items)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    seen: dict[Hashable, int] = {}
    for i, item in enumerate(items):
        for text in texts(item):
            parent[root(i)] = root(seen.setdefault(text, i))
    groups: dict[int, list[Item]] = {}
    for i, item in enumerate(items):
        groups.setdefault(root(i), []).append(item)
    return list(groups.values())
