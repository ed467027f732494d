"""How far the spellings of a name lie apart between two languages, once both are written in Latin letters.

The distance is the paper's transliterated normalised Levenshtein distance, TNLD. Two choices are ours and fixed here:
Unidecode transliterates and its result is stripped, and case is kept.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from nerspace.datasets.languages import LANGUAGES
from nerspace.datasets.records import ENTITY_TYPES, Entity

if TYPE_CHECKING:
    import pandas as pd


def transliterate(text: str) -> str:
    """The text in ASCII letters, stripped, case kept: Вашингтон → Vashington."""
    from unidecode import unidecode

    latin: str = unidecode(text)
    return latin.strip()


def tnld(a: str, b: str) -> float:
    """Levenshtein distance of the transliterated texts over the longer one's length.

    Returns: 0 (same, also when both are empty) to 1; 0.1 for Вашингтон and Washington.

    Source: "Exploring Contextual Embedding Spaces in Multilingual Models", TNLD.
    """
    from rapidfuzz.distance import Levenshtein

    return float(Levenshtein.normalized_distance(transliterate(a), transliterate(b)))


def tnld_table(entities: Iterable[Entity], languages: Sequence[str] | None = None) -> "pd.DataFrame":
    """Mean TNLD of the nominative forms, for every unordered pair of languages.

    languages: codes, None for all.

    Returns: columns a, b (a before b in the alphabet), type (a type that occurs, or all), subset (all, or different:
        without pairs whose strings are identical as written), n (entities with a form in both), tnld (mean; empty
        where n is 0).
    """
    import numpy as np
    import pandas as pd
    from rapidfuzz.distance import Levenshtein
    from rapidfuzz.process import cpdist

    codes = sorted(dict.fromkeys(languages or LANGUAGES))
    forms = [(entity.type, entity.forms.get("nominative", {})) for entity in entities]
    present = {kind for kind, _ in forms}
    types = [*(kind for kind in ENTITY_TYPES if kind in present), *sorted(present - set(ENTITY_TYPES))]
    spellings = {form for _, by_language in forms for code in codes if (form := by_language.get(code))}
    latin = {form: transliterate(form) for form in spellings}
    rows: list[tuple[str, str, str, str, int, float | None]] = []
    for a, b in combinations(codes, 2):
        pairs = [(kind, found[a], found[b]) for kind, found in forms if found.get(a) and found.get(b)]
        distances = cpdist(
            [latin[first] for _, first, _ in pairs],
            [latin[second] for _, _, second in pairs],
            scorer=Levenshtein.normalized_distance,
            dtype=np.float64,
        )
        kinds = np.array([kind for kind, _, _ in pairs], dtype=object)
        different = np.array([first != second for _, first, second in pairs], dtype=bool)
        for kind in (*types, "all"):
            of_kind = np.full(len(pairs), True) if kind == "all" else kinds == kind
            for subset, chosen in (("all", of_kind), ("different", of_kind & different)):
                n = int(chosen.sum())
                rows.append((a, b, kind, subset, n, float(distances[chosen].mean()) if n else None))
    return pd.DataFrame(rows, columns=["a", "b", "type", "subset", "n", "tnld"])
