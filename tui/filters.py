"""The one-line filter of the data room: `type:PER lang:be,en case:locative word word`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nerspace.datasets.errors import UsageError
from nerspace.datasets.records import Context, Entity

if TYPE_CHECKING:
    from nerspace.datasets.synthetic import SyntheticNER

KEYS = {"type": "types", "lang": "languages", "case": "cases"}


@dataclass(frozen=True, slots=True)
class Filter:
    """What to keep: types, languages (the columns shown and searched) and cases; every word must occur."""

    types: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"{key}:{','.join(getattr(self, name))}" for key, name in KEYS.items() if getattr(self, name)]
        return " ".join([*parts, *self.words])


def parse_filter(text: str) -> Filter:
    """A filter from its text.

    Raises: UsageError for a `key:` that is not known; `\\:` keeps a colon in a word.
    """
    found: dict[str, tuple[str, ...]] = {}
    words = []
    for part in text.split():
        key, colon, value = part.partition(":")
        if not colon or key.endswith("\\") or not key:
            words.append(part.replace("\\:", ":").casefold())
        elif key.lower() in KEYS:
            values = tuple(v for v in value.split(",") if v)
            upper = key.lower() == "type"
            found[KEYS[key.lower()]] = tuple(v.upper() if upper else v.lower() for v in values)
        else:
            raise UsageError(
                f"Unknown filter {key}:.", "Use type: lang: case: and plain words, as in type:PER lang:be anna."
            )
    return Filter(words=tuple(words), **found)


def matching_entities(corpus: "SyntheticNER", chosen: Filter) -> Iterator[tuple[Entity, str]]:
    """The entities and cases that a filter keeps: each word stands in the id, the type or a form of that case."""
    languages = chosen.languages or corpus.languages
    for entity in corpus.entities:
        if chosen.types and entity.type not in chosen.types:
            continue
        for case, forms in entity.forms.items():
            if chosen.cases and case not in chosen.cases:
                continue
            if all(word in text for text in [_entity_text(entity, forms, languages)] for word in chosen.words):
                yield entity, case


def matching_corpora(corpus: "SyntheticNER", chosen: Filter) -> list["SyntheticNER"]:
    """The sentences that a filter keeps, as corpora that share no cell and are never materialised.

    A word may stand in the context or in the name, so contexts are grouped by the words that they hold themselves, and
    each group is combined with the names that hold the rest.
    Raises: UsageError for an unknown type, language or case, or when nothing is left.
    """
    from nerspace.datasets.synthetic import SyntheticNER

    part = corpus.select(types=chosen.types or None, languages=chosen.languages or None, cases=chosen.cases or None)
    if not chosen.words:
        return [part]
    groups: dict[tuple[str, int], list[Context]] = {}
    for context in part.contexts:
        held = _mask(_context_text(context, part.languages), chosen.words)
        groups.setdefault((context.case, held), []).append(context)
    held_by_case = {
        case: [
            (_mask(_entity_text(entity, entity.forms[case], part.languages), chosen.words), entity)
            for entity in part.entities
            if case in entity.forms
        ]
        for case in {case for case, _ in groups}
    }
    every = (1 << len(chosen.words)) - 1
    corpora = []
    for (case, held), contexts in sorted(groups.items(), key=lambda group: -group[0][1]):
        names = [entity for mask, entity in held_by_case[case] if mask | held == every]
        if names:
            corpora.append(SyntheticNER(part.name, contexts, names, part.languages, part.part))
    return [found for found in corpora if len(found)]


def _mask(text: str, words: Sequence[str]) -> int:
    return sum(1 << place for place, word in enumerate(words) if word in text)


def _entity_text(entity: Entity, forms: object, languages: Sequence[str]) -> str:
    return "\n".join([entity.id, entity.type, *(forms.get(code, "") for code in languages)]).casefold()  # type: ignore[attr-defined]


def _context_text(context: Context, languages: Sequence[str]) -> str:
    from nerspace.datasets.filling import SLOT

    return "\n".join([context.id, *(SLOT.sub("\n", context.texts[code]) for code in languages)]).casefold()
