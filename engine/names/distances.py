"""How far the spellings of a name lie apart between two languages, once both are written in Latin letters.

The distance is the paper's transliterated normalised Levenshtein distance, TNLD. Two choices are ours and fixed here:
Unidecode transliterates and its result is stripped, and case is kept.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, combinations
from typing import TYPE_CHECKING, Any

from nerspace.datasets.languages import language_of
from nerspace.datasets.records import ENTITY_TYPES, Entity, languages_of
from nerspace.datasets.scripts import scripts_in
from nerspace.datasets.spelling import composed
from nerspace.engine.tables.spec import PAIR, TYPE, TableSpec, integer, real, text

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Numbers = np.ndarray[Any, np.dtype[np.int64]]

# Pairs of strangers that the chance floor is a mean over, per pair of languages and type.
STRANGERS = 500
ACROSS = "across"
SCRIPTS = "the script that both languages share, or across"


class _Letters(dict[int, str]):
    """Character → its Latin letters, asked of Unidecode once; it reads a text one character at a time."""

    def __missing__(self, code: int) -> str:
        from unidecode import unidecode

        latin: str = unidecode(chr(code))
        self[code] = latin
        return latin


_LETTERS = _Letters()


def transliterate(text: str) -> str:
    """The text in ASCII letters, stripped, case kept: Вашингтон → Vashington."""
    return (text if text.isascii() else composed(text).translate(_LETTERS)).strip()


def is_known_script(text: str) -> bool:
    """Whether every word with letters leaves some in Latin; of a script that Unidecode lacks, nothing is left."""
    if text.isascii():
        return True
    for word in composed(text).split():
        letters = [sign for sign in word if _is_letter(sign)]
        if letters and not any(_LETTERS[ord(sign)] for sign in letters):
            return False
    return True


def _is_letter(sign: str) -> bool:
    return unicodedata.category(sign) in ("Lu", "Ll", "Lt", "Lo")


def latin_places(text: str) -> list[int]:
    """Where each character of a text begins in its transliteration, and last where the text ends; ascending."""
    places = list(accumulate((len(_LETTERS[ord(sign)]) for sign in text), initial=0))
    whole = text.translate(_LETTERS)
    before = len(whole) - len(whole.lstrip())
    length = len(whole.strip())
    return [min(max(0, place - before), length) for place in places]


def tnld(a: str, b: str) -> float:
    """Levenshtein distance of the transliterated texts over the longer one's length.

    Returns:
        0 (same, also when both are empty) to 1; 0.1 for Вашингтон and Washington. NaN where one has a word in a script
        that Unidecode lacks.

    Source: "Exploring Contextual Embedding Spaces in Multilingual Models", TNLD.
    """
    from rapidfuzz.distance import Levenshtein

    if not (is_known_script(a) and is_known_script(b)):
        return float("nan")
    return float(Levenshtein.normalized_distance(transliterate(a), transliterate(b)))


def scripts_of(a: str, b: str, scripts: Mapping[str, str] | None = None) -> str:
    """The script that two languages share, "across" where they differ; empty for a language that is not known.

    Args:
        a: a language.
        b: another one.
        scripts: language → script, by its letters; without, those that the languages usually have.
    """
    known = scripts or {}
    first, second = (known.get(code) or (language.script if (language := language_of(code)) else "") for code in (a, b))
    if not (first and second):
        return ""
    return first if first == second else ACROSS


def scripts_of_forms(entities: Iterable[Entity]) -> dict[str, str]:
    """Language → script, by the letters of the nominative forms where there are enough of them."""
    found = scripts_in(item for entity in entities for item in entity.forms.get("nominative", {}).items())
    return {code: script for code, script in found.items() if script != f"script of {code}"}


TNLD = TableSpec(
    "tnld",
    "Mean spelling distance between the forms of two languages after transliteration to Latin.",
    {
        **PAIR,
        "type": text("PER, LOC, ORG or all"),
        "subset": text("all, or different: without pairs that are the same string"),
        "n": integer("entities in scripts that Unidecode transliterates"),
        "tnld": real("mean TNLD, 0 (same) to 1"),
        "scripts": text(SCRIPTS),
        "chance": real("mean TNLD of forms of different names of the type, up to 500 pairs drawn at random"),
    },
    "heatmap",
)


@TNLD.made_by
def tnld_table(
    entities: Iterable[Entity], languages: Sequence[str] | None = None, seed: int = 0,
    scripts: Mapping[str, str] | None = None,
) -> "pd.DataFrame":  # fmt: skip
    """Mean TNLD of the nominative forms, for every unordered pair of languages.

    Args:
        entities: with their nominative forms.
        languages: codes, None for all.
        seed: decides the strangers of the chance floor.
        scripts: language → script, by the letters of its text; without, by those of the forms.
    """
    import numpy as np

    entities = list(entities)
    scripts = {**scripts_of_forms(entities), **(scripts or {})}
    codes = sorted(dict.fromkeys(languages or languages_of(entities)))
    forms = [(entity.type, entity.forms.get("nominative", {})) for entity in entities]
    present = {kind for kind, _ in forms}
    types = [*(kind for kind in ENTITY_TYPES if kind in present), *sorted(present - set(ENTITY_TYPES))]
    number: dict[str, int] = {}
    columns = {}
    for code in codes:
        texts = [form if is_known_script(form := by_language.get(code) or "") else "" for _, by_language in forms]
        for form in texts:
            if form and form not in number:
                number[form] = len(number)
        columns[code] = np.array([number[form] if form else -1 for form in texts], dtype=np.int64)
    spellings = [transliterate(form) for form in number]
    kinds = np.array([kind for kind, _ in forms], dtype=object)
    members = {kind: kinds == kind for kind in types} | {"all": np.full(len(forms), True)}
    generator = np.random.default_rng(seed)
    rows: list[tuple[Any, ...]] = []
    for a, b in combinations(codes, 2):
        first, second = columns[a], columns[b]
        both = (first >= 0) & (second >= 0)
        different = both & (first != second)
        distances = np.zeros(len(forms))
        distances[different] = _distances(spellings, first[different], second[different])
        chance: float | None = None
        for kind, of_kind in members.items():
            # All names of one type are that type's names.
            if kind != "all" or len(types) != 1:
                strangers = both & of_kind
                chance = _chance(spellings, first[strangers], second[strangers], generator)
            for subset, chosen in (("all", both & of_kind), ("different", different & of_kind)):
                n = int(chosen.sum())
                value = float(distances[chosen].mean()) if n else None
                rows.append((a, b, kind, subset, n, value, scripts_of(a, b, scripts), chance))
    return TNLD.frame(rows)


def _distances(spellings: Sequence[str], a: "Numbers", b: "Numbers") -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Normalised distances [n] of pairs of spellings, given by their numbers."""
    import numpy as np
    from rapidfuzz.distance import Levenshtein
    from rapidfuzz.process import cpdist

    return cpdist(
        [spellings[i] for i in a.tolist()], [spellings[i] for i in b.tolist()],
        scorer=Levenshtein.normalized_distance, dtype=np.float64,
    )  # fmt: skip


def _chance(spellings: Sequence[str], a: "Numbers", b: "Numbers", generator: "np.random.Generator") -> float | None:
    """Mean distance of forms of different entities, drawn at random."""
    if len(a) < 2:
        return None
    size = min(STRANGERS, len(a) * (len(a) - 1))
    left = generator.integers(0, len(a), size)
    right = (left + generator.integers(1, len(a), size)) % len(a)
    return float(_distances(spellings, a[left], b[right]).mean())


TNLD_SCRIPTS = TableSpec(
    "tnld_scripts",
    "TNLD within a script and across scripts.",
    {
        "scripts": text(f"{SCRIPTS}; or all"),
        "type": text("PER, LOC, ORG or all"),
        "subset": text("all, or different: without pairs that are the same string"),
        "pairs": integer("pairs of languages"),
        "n": integer("pairs of forms"),
        "tnld": real("mean over the pairs of forms"),
        "low": real("least mean of a pair of languages"),
        "high": real("greatest mean of a pair of languages"),
        "chance": real("mean of forms of different names"),
    },
)


@TNLD_SCRIPTS.made_by
def scripts_table(tnld: "pd.DataFrame") -> "pd.DataFrame":
    """TNLD within a script and across scripts.

    Args:
        tnld: the table of that name.
    """
    rows: list[tuple[Any, ...]] = []
    known = tnld[tnld["n"] > 0]
    present = set(known["scripts"])
    groups = [*sorted(present - {ACROSS}), *([ACROSS] if ACROSS in present else []), *(["all"] if present else [])]
    for scripts in groups:
        part = known if scripts == "all" else known[known["scripts"] == scripts]
        for (kind, subset), group in part.groupby(["type", "subset"], sort=False):
            n = group["n"]
            floor = group[group["chance"].notna()]
            chance = (floor["n"] * floor["chance"]).sum() / floor["n"].sum() if len(floor) else None
            rows.append((scripts, kind, subset, len(group), int(n.sum()), (n * group["tnld"]).sum() / n.sum(),
                         group["tnld"].min(), group["tnld"].max(), chance))  # fmt: skip
    return TNLD_SCRIPTS.frame(rows)


SPELLINGS = TableSpec(
    "spellings",
    "TNLD of every name for every pair of languages.",
    {
        "entity": text("entity id"),
        **PAIR,
        "type": text(TYPE),
        "form_a": text("nominative form in a"),
        "form_b": text("nominative form in b"),
        "latin_a": text("form_a in Latin letters"),
        "latin_b": text("form_b in Latin letters"),
        "tnld": real("normalised distance, 0 (same) to 1; empty for a script that Unidecode lacks"),
        "same": integer("1 if both are the same string as written, else 0"),
        "scripts": text(SCRIPTS),
    },
)


@SPELLINGS.made_by
def spellings_table(entities: Iterable[Entity], languages: Sequence[str] | None = None) -> "pd.DataFrame":
    """TNLD of every entity for every pair of languages in which it has a nominative form.

    Args:
        entities: with their nominative forms.
        languages: codes, None for all.
    """
    import numpy as np

    entities = list(entities)
    scripts = scripts_of_forms(entities)
    codes = sorted(dict.fromkeys(languages or languages_of(entities)))
    rows: list[tuple[Any, ...]] = []
    latin: list[str] = []
    pairs: list[tuple[int, int]] = []
    for entity in entities:
        forms = entity.forms.get("nominative", {})
        spoken = [code for code in codes if forms.get(code)]
        places = {code: len(latin) + place for place, code in enumerate(spoken)}
        latin += [transliterate(forms[code]) for code in spoken]
        for a, b in combinations(spoken, 2):
            pairs.append((places[a], places[b]))
            rows.append((entity.id, a, b, entity.type, forms[a], forms[b], latin[places[a]], latin[places[b]],
                         int(forms[a] == forms[b]), scripts_of(a, b, scripts)))  # fmt: skip
    places_of = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    found = _distances(latin, places_of[:, 0], places_of[:, 1])
    unknown = [not (is_known_script(row[4]) and is_known_script(row[5])) for row in rows]
    found[np.array(unknown, dtype=bool)] = np.nan
    return SPELLINGS.frame([*row[:8], distance, *row[8:]] for row, distance in zip(rows, found, strict=True))
