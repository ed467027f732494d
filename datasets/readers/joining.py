"""Which nominative, locative and directional forms belong to one entity."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from nerspace.datasets.filling import split_form
from nerspace.datasets.records import Entity
from nerspace.datasets.spelling import folded

# Share of the common languages whose two forms must begin alike: Польша / в Польше, Polska / w Polsce.
_ALIKE = 0.6


def join(entities: Sequence[Entity], rows: Sequence[Entity], case: str) -> tuple[list[Entity], list[Entity]]:
    """Give each row's forms to the entity that it surely is another case of.

    Sure means: without preposition and suffix, both read the same in some language (en, bg and often tr do not
    inflect), in English and in most languages they begin alike, no other entity does so well unless it is the same in
    every language, and the entity has no form of that case yet.
    Returns: the entities, some with one case more, and the rows that are left.
    """
    by_name: dict[str, list[int]] = defaultdict(list)
    types = {row.type for row in rows}
    names = [_bare_name(entity) if entity.type in types else {} for entity in entities]
    for place, forms in enumerate(names):
        for text in set(forms.values()):
            by_name[text].append(place)
    joined, left = list(entities), []
    for row in rows:
        bare = {code: _bare(form, case, code) for code, form in row.forms[case].items()}
        places = {place for text in bare.values() for place in by_name.get(text, ())}
        free = [p for p in places if joined[p].type == row.type and case not in joined[p].forms]
        if (best := _surest(bare, free, names)) is None:
            left.append(row)
        else:
            entity = joined[best]
            cases: dict[str, Mapping[str, str]] = {**entity.forms, case: row.forms[case]}
            joined[best] = replace(entity, forms=cases)
    return joined, left


def _surest(bare: Mapping[str, str], places: Sequence[int], names: Sequence[Mapping[str, str]]) -> int | None:
    scores = sorted((_score(bare, names[place]), -place) for place in places)
    scores = [(score, place) for score, place in scores if score[0] and score[1] >= _ALIKE]
    if not scores:
        return None
    (best, place), rivals = scores[-1], scores[:-1]
    if any(score == best and names[-rival] != names[-place] for score, rival in rivals):
        return None
    return -place


def _score(bare: Mapping[str, str], name: Mapping[str, str]) -> tuple[int, float]:
    """In how many languages both are the same, and in which share they begin alike."""
    common = bare.keys() & name.keys()
    same = sum(bare[code] == name[code] for code in common)
    alike = {code for code in common if _begin_alike(bare[code], name[code])}
    # Turkish "Kırım'da" stands for Krymsk in the release, and Kırım is the Crimea.
    if not common or ("en" in common and "en" not in alike):
        return 0, 0.0
    return same, len(alike) / len(common)


def _begin_alike(a: str, b: str) -> bool:
    a, b = ("".join(filter(str.isalnum, unicodedata.normalize("NFD", text))) for text in (a, b))
    length = max(2, round(0.6 * min(len(a), len(b))))
    return a[:length] == b[:length]


def _bare_name(entity: Entity) -> dict[str, str]:
    """What an entity reads like in every language: its nominative, or where it has none another case."""
    return {
        code: _bare(form, case, code)
        for case, forms in sorted(entity.forms.items(), key=lambda item: item[0] == "nominative")
        for code, form in forms.items()
    }


def _bare(form: str, case: str, language: str) -> str:
    text = folded(" ".join(split_form(form, case, language)[1]))
    return text.removeprefix("the ") if language == "en" else text
