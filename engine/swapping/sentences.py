"""The swap lab: a name in a context made for another type, to see which of the two a fine-tuned model goes by.

Kind "context" keeps the name and moves it from a context of its own type into others; kind "entity" keeps the context
and puts another name in the place of one of its own type. Both read the same sentences; they differ in the sentence
that a row is compared with. Names put into other contexts of their own type are the control of every measure.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, TypeVar

from nerspace import datasets
from nerspace.datasets import Sentence
from nerspace.datasets.filling import around_of, fill, split_form
from nerspace.datasets.records import ENTITY_TYPES, Context, Entity
from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.sampling import split_of

if TYPE_CHECKING:
    from nerspace.datasets import SyntheticNER
    from nerspace.engine.requests.swapping import SwapRequest

KINDS = ("context", "entity")
# Ambiguous names that come besides those that are drawn, at most.
_AMBIGUOUS = 40
Item = TypeVar("Item", Context, Entity)


@dataclass(frozen=True, slots=True)
class Filled:
    """A name in a context in one language.

    Attributes:
        sentence: the filled context.
        entity: the name.
        context: that it was put into.
        form: the name as it stands in the sentence.
        agreement: fits; gender, where the context shows one and the name's is unknown; or case, where the name lacks
            the form that the slot asks for and borrows preposition and ending from another.
    """

    sentence: Sentence
    entity: Entity
    context: Context
    form: str
    agreement: str


@dataclass(frozen=True, slots=True)
class Swap:
    """A row of the lab: one sentence compared with another.

    Attributes:
        kind: context or entity.
        filled: the number of the sentence that is compared.
        reference: the number of the sentence that it is compared with.
    """

    kind: str
    filled: int
    reference: int


@dataclass(frozen=True, slots=True)
class SwapPlan:
    """What is to be read and compared.

    Attributes:
        filled: the sentences to read; swaps number them from 0.
        swaps: the rows of the lab.
        ambiguous: ids of names that names of other types share.
        sides: entity id → train, test or new, the side of the run's split on which the name lies; contexts are of the
            test side always.
    """

    filled: list[Filled]
    swaps: list[Swap]
    ambiguous: frozenset[str]
    sides: dict[str, str]


def plan_swaps(request: "SwapRequest") -> SwapPlan:
    """Choose names and contexts that the run did not train on, and pair them.

    Raises:
        DataError: where the test part has no contexts of two types.
        UsageError: for a name that cannot be placed.
    """
    corpus = datasets.load_parallel(request.data)
    split = split_of(corpus.select(languages=request.split_languages), request.training)
    contexts = _contexts(split.test, request)
    drawn, homes = _names(split.test, request)
    if len({context.type for context in contexts}) < 2:
        raise DataError(
            f"The test part of {corpus.name} has no contexts of two types in {', '.join(request.languages)}.",
            "Choose other languages or larger data.",
        )
    requested = [entity for name in request.names for entity in _requested(corpus, name, request)]
    names = list({entity.id: entity for entity in (requested or drawn)}.values())
    if not names:
        raise DataError(f"The test part of {corpus.name} has no name in {', '.join(request.languages)}.")
    trained = {entity.id for entity in split.train.entities}
    known = {entity.id for entity in corpus.entities}
    sides = {e.id: "train" if e.id in trained else "test" if e.id in known else "new" for e in names}
    shared = frozenset(e.id for e in names if e.ambiguity)
    return _Pairing(request, contexts, homes).plan(names, shared, sides)


def _contexts(part: "SyntheticNER", request: "SwapRequest") -> list[Context]:
    """Contexts in random order: those for places in the requested case, all others in the nominative."""
    spoken = set(request.languages)
    found = [
        context
        for context in part.contexts
        if spoken <= context.texts.keys() and context.case == (request.case if context.type == "LOC" else "nominative")
    ]
    random.Random(request.seed).shuffle(found)  # noqa: S311 - a reproducible draw, no secret
    return found


def _names(part: "SyntheticNER", request: "SwapRequest") -> tuple[list[Entity], list[Entity]]:
    """Names to swap, in equal parts by type with ambiguous ones besides, and all names in random order."""
    spoken = set(request.languages)
    found = [entity for entity in part.entities if spoken <= entity.forms.get("nominative", {}).keys()]
    random.Random(request.seed + 1).shuffle(found)  # noqa: S311
    plain = [entity for entity in found if not entity.ambiguity]
    drawn = list(chain.from_iterable(
        _by_gender([e for e in plain if e.type == kind])[: -(-request.sample // len(ENTITY_TYPES))]
        for kind in ENTITY_TYPES
    ))  # fmt: skip
    return drawn + [entity for entity in found if entity.ambiguity][:_AMBIGUOUS], found


def _by_gender(items: Sequence[Item]) -> list[Item]:
    """The items with their genders taking turns."""
    groups = [[item for item in items if item.gender == gender] for gender in dict.fromkeys(i.gender for i in items)]
    return [item for turn in zip_longest(*groups) for item in turn if item is not None]


def _requested(corpus: "SyntheticNER", name: str, request: "SwapRequest") -> list[Entity]:
    """The entities of that name; where the data knows none of that type, a new one in the one language requested."""
    spoken = set(request.languages)
    found = [
        entity
        for entity in corpus.named(name)
        if request.type in ("", entity.type) and spoken <= entity.forms.get("nominative", {}).keys()
    ]
    if found:
        return found
    if len(request.languages) != 1 or not request.type:
        raise UsageError(
            f"The data knows no such name: {name!r}{f' ({request.type})' if request.type else ''}.",
            "Give its type and the one language it is written in, such as --type PER --lang en.",
        )
    [language] = request.languages
    return [Entity(f"new:{name}", request.type, request.gender, "", {"nominative": {language: name}})]


class _Pairing:
    """Pairs names with contexts; `homes` are names that contexts may be compared on."""

    def __init__(self, request: "SwapRequest", contexts: Sequence[Context], homes: Sequence[Entity]) -> None:
        self._request, self._contexts = request, contexts
        self._types = [kind for kind in ENTITY_TYPES if any(context.type == kind for context in contexts)]
        self._count = -(-request.contexts // len(self._types))
        self._own_names = {context.id: self._own_name(context, homes) for context in contexts}
        self._filled: list[Filled] = []
        self._number: dict[tuple[str, str, str], int] = {}

    def plan(self, names: Sequence[Entity], ambiguous: frozenset[str], sides: dict[str, str]) -> SwapPlan:
        own = {entity.id: self._own_context(entity) for entity in names}
        fitting = {entity.id: self._fitting(entity) for entity in names}
        swaps = [
            swap
            for language in self._request.languages
            for entity in names
            for context in fitting[entity.id]
            for swap in self._swaps(language, entity, context, own[entity.id])
        ]
        return SwapPlan(self._filled, swaps, ambiguous, sides)

    def _swaps(self, language: str, entity: Entity, context: Context, own: Context | None) -> Iterator[Swap]:
        if own is not None and own is not context:
            yield Swap("context", self._fill(language, entity, context), self._fill(language, entity, own))
        home = self._own_names[context.id]
        if home is not None and home.id != entity.id:
            yield Swap("entity", self._fill(language, entity, context), self._fill(language, home, context))

    def _fitting(self, entity: Entity) -> list[Context]:
        """The contexts that a name is put into, of every type the same number where there are enough."""
        return [context for kind in self._types for context in self._open(entity, kind)[: self._count]]

    def _open(self, entity: Entity, kind: str) -> list[Context]:
        of_type = [context for context in self._contexts if context.type == kind]
        fitting = [c for c in of_type if not c.gender or not entity.gender or c.gender == entity.gender]
        return _by_gender(fitting)

    def _own_context(self, entity: Entity) -> Context | None:
        """The context of its own type in which a name is at home: one it is not put into, where there is one left."""
        own = self._open(entity, entity.type)
        left = own[self._count :] or own
        return random.Random(f"{self._request.seed}/{entity.id}").choice(left) if left else None  # noqa: S311

    def _own_name(self, context: Context, homes: Sequence[Entity]) -> Entity | None:
        """The name that a context has at home: one of its type, gender and case."""
        fitting = [
            e for e in homes
            if context.takes(e)
            and set(self._request.languages) <= e.forms.get(context.case, {}).keys()
        ]  # fmt: skip
        return random.Random(f"{self._request.seed}/{context.id}").choice(fitting) if fitting else None  # noqa: S311

    def _fill(self, language: str, entity: Entity, context: Context) -> int:
        key = (language, entity.id, context.id)
        if key not in self._number:
            form, agreement = self._form(language, entity, context)
            around = around_of(entity, context.case, language)
            words, tags, text = fill(context.texts[language], form, context.case, entity.type, language, around)
            sentence = Sentence(
                words, tags, text, "swap", "test", language, entity.type, context.case, context.id, entity.id
            )
            self._number[key] = len(self._filled)
            self._filled.append(Filled(sentence, entity, context, form, agreement))
        return self._number[key]

    def _form(self, language: str, entity: Entity, context: Context) -> tuple[str, str]:
        agreement = "gender" if context.gender and not entity.gender else "fits"
        if form := entity.forms.get(context.case, {}).get(language):
            return form, agreement
        name = entity.forms["nominative"][language]
        home = self._own_names[context.id]
        if home is None:
            return name, "case"
        before, _, after = split_form(home.forms[context.case][language], context.case, language)
        return " ".join([*before, name + "".join(after)]), "case"
