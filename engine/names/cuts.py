"""How alike the cuts of parallel names are between languages, and what the same text costs in each.

A lone ▁ is no piece here either; see `tokenization`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from rapidfuzz.distance import Levenshtein

from nerspace.datasets.records import ENTITY_TYPES, Entity, languages_of
from nerspace.engine.names.distances import SCRIPTS, latin_places, scripts_of, scripts_of_forms, transliterate
from nerspace.engine.names.tokenization import WORD_START, count_pieces, counted_pieces, cut_texts
from nerspace.engine.tables.spec import LANGUAGE, PAIR, TYPE, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd
    from tokenizers import Tokenizer

RESAMPLES = 1000
HALVINGS = 20
# Pairs of names that a chance floor is a mean over, per pair of languages and type.
DRAWN = 200
Texts = Mapping[str, Sequence[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Cut:
    """A form and its pieces.

    Attributes:
        form: as it is written.
        latin: the form in Latin letters.
        pieces: all of them, a lone ▁ too.
        starts: where each piece begins in the transliterated form.
        cuts: places inside its words where two pieces meet.
        places: all places inside its words where two letters meet.
        count: how many pieces count.
        set: the pieces that count, each once.
    """

    form: str
    latin: str
    pieces: tuple[str, ...]
    starts: tuple[int, ...]
    cuts: tuple[int, ...]
    places: tuple[int, ...]
    count: int
    set: frozenset[str]


def cut_forms(forms: Sequence[str], tokenizer: "Tokenizer") -> dict[str, Cut]:
    """The cut of each different form, all encoded at once.

    Args:
        forms: names as they are written.
        tokenizer: that cuts them.

    Returns:
        Form → cut.
    """
    different = list(dict.fromkeys(forms))
    pieces = cut_texts(tokenizer, different)
    return {form: _cut(form, found.shown, found.starts) for form, found in zip(different, pieces, strict=True)}


def _cut(form: str, pieces: Sequence[str], offsets: Sequence[int]) -> Cut:
    places = latin_places(form)
    starts = []
    for piece, offset in zip(pieces, offsets, strict=True):
        # The space before a word belongs to its first piece in some tokenizers.
        while piece != WORD_START and offset < len(form) and form[offset].isspace():
            offset += 1
        starts.append(offset)
    inside = {i for i in range(1, len(form)) if not (form[i].isspace() or form[i - 1].isspace())}
    cuts = {places[start] for start in starts if start in inside}
    counted = counted_pieces(pieces)
    return Cut(
        form, transliterate(form), tuple(pieces), tuple(places[start] for start in starts), tuple(sorted(cuts)),
        tuple(sorted({places[i] for i in inside})), len(counted), frozenset(counted),
    )  # fmt: skip


def _on_a_shortest_edit(a: str, i: int, b: str, j: int, distance: int) -> bool:
    """Whether some shortest edit of one spelling into another leads place i to place j. distance: of the two."""
    return bool(Levenshtein.distance(a[:i], b[:j]) + Levenshtein.distance(a[i:], b[j:]) == distance)


def _place_in(a: str, i: int, b: str) -> int:
    """The last place of another spelling that answers place i; ascending in i."""
    if a == b:
        return i
    distance = Levenshtein.distance(a, b)
    last = min(len(b), i + distance)
    return next(j for j in range(last, -1, -1) if _on_a_shortest_edit(a, i, b, j, distance))


def shared_cuts(a: str, a_cuts: Sequence[int], b: str, b_cuts: Sequence[int]) -> int:
    """How many cuts of one spelling stand at the same place of another; each answers one at most.

    Two places are the same where some shortest edit leads from one to the other.

    Args:
        a: one spelling.
        a_cuts: places in a, counted in letters.
        b: the other spelling.
        b_cuts: places in b, counted in letters.
    """
    if a == b:
        return len(set(a_cuts) & set(b_cuts))
    if not (a_cuts and b_cuts):
        return 0
    distance = Levenshtein.distance(a, b)
    left = sorted(b_cuts)
    met = 0
    for i in sorted(a_cuts):
        for j in left:
            if abs(i - j) <= distance and _on_a_shortest_edit(a, i, b, j, distance):
                left.remove(j)
                met += 1
                break
    return met


ALIGNED = TableSpec(
    "aligned",
    "The pieces of parallel forms, each beside the part of the reference's spelling that it stands for.",
    {
        "entity": text("entity id"),
        "language": text(LANGUAGE),
        "form": text("nominative form"),
        "place": integer("of the piece in the form, from 1"),
        "piece": text("the piece"),
        "start": integer("first letter it stands for, in the reference's transliteration, from 0"),
        "stop": integer("letter behind the last"),
        "part": text("those letters"),
        "shared": integer("languages whose form has the same piece; 0 for a lone ▁"),
        "reference": text("language of the reference"),
    },
    "alignment",
)


@ALIGNED.made_by
def aligned_table(
    entities: Iterable[Entity],
    tokenizer: "Tokenizer",
    languages: Sequence[str] | None = None,
    against: str = "en",
    names: Sequence[str] = (),
) -> "pd.DataFrame":
    """The table `aligned`: the pieces of parallel forms, each beside the part of the reference that it stands for.

    Args:
        entities: with their nominative forms.
        tokenizer: that cuts them.
        languages: codes, None for all.
        against: the reference language; the first that an entity has, where it lacks this one.
        names: that belong to no entity; they are taken for spellings of one, which comes first.
    """
    parallel = _parallel(entities, languages, names)
    cuts = cut_forms([form for _, forms in parallel for form in forms.values()], tokenizer)
    rows: list[tuple[Any, ...]] = []
    for entity, forms in parallel:
        reference = against if against in forms else next(iter(forms))
        whole = cuts[forms[reference]].latin
        held = Counter(piece for form in forms.values() for piece in cuts[form].set)
        for code, form in forms.items():
            cut = cuts[form]
            edges = [0, *(_place_in(cut.latin, start, whole) if start else 0 for start in cut.starts[1:]), len(whole)]
            for i, (piece, (start, stop)) in enumerate(zip(cut.pieces, pairwise(edges), strict=False)):
                rows.append(
                    (entity.id, code, form, i + 1, piece, start, stop, whole[start:stop], held[piece], reference)
                )
    return ALIGNED.frame(rows)


def _parallel(
    entities: Iterable[Entity], languages: Sequence[str] | None, names: Sequence[str] = ()
) -> list[tuple[Entity, dict[str, str]]]:
    """Entities with their nominative forms in these languages, in their order; without those that have none."""
    given = {f"#{number}": name for number, name in enumerate(names, 1) if name}
    found = [(Entity("given", "", "", "", {"nominative": given}), given)] if given else []
    entities = list(entities)
    codes = languages or languages_of(entities)
    for entity in entities:
        forms = entity.forms.get("nominative", {})
        if spoken := {code: forms[code] for code in codes if forms.get(code)}:
            found.append((entity, spoken))
    return found


@dataclass(frozen=True, slots=True)
class _Contrast:
    """Two cuts compared.

    jaccard: of their sets of pieces. met: cuts at the same place. boundaries: those over all places with a cut, None
    where neither is cut.
    """

    a: Cut
    b: Cut
    jaccard: float
    shared: int
    met: int
    boundaries: float | None


def _contrast(a: Cut, b: Cut) -> _Contrast:
    shared = len(a.set & b.set)
    together = len(a.set | b.set)
    met = shared_cuts(a.latin, a.cuts, b.latin, b.cuts)
    cuts = len(a.cuts) + len(b.cuts)
    jaccard = shared / together if together else 0.0
    return _Contrast(a, b, jaccard, shared, met, met / (cuts - met) if cuts else None)


CONTRAST = TableSpec(
    "contrast",
    "How differently two languages cut the same name.",
    {
        "entity": text("entity id"),
        **PAIR,
        "type": text(TYPE),
        "count_a": integer("pieces in a"),
        "count_b": integer("pieces in b"),
        "difference": integer("count_a - count_b"),
        "shared": integer("different pieces that both have"),
        "jaccard": real("shared over the different pieces of both"),
        "cuts_a": integer("cuts inside words in a"),
        "cuts_b": integer("cuts inside words in b"),
        "met": integer("cuts at the same place of the transliterated name, along a shortest edit"),
        "boundaries": real("met over all places with a cut; empty where neither is cut"),
    },
)


@CONTRAST.made_by
def contrast_table(
    entities: Iterable[Entity],
    tokenizer: "Tokenizer",
    languages: Sequence[str] | None = None,
    names: Sequence[str] = (),
) -> "pd.DataFrame":
    """The table `contrast`: how differently two languages cut the same name.

    Args:
        entities: with their nominative forms.
        tokenizer: that cuts them.
        languages: codes, None for all.
        names: as in `aligned_table`.
    """

    rows: list[tuple[Any, ...]] = []
    for entity, a, b, found in _contrasts(_parallel(entities, languages, names), tokenizer):
        counts = found.a.count, found.b.count
        rows.append((entity.id, a, b, entity.type, *counts, counts[0] - counts[1], found.shared, found.jaccard,
                     len(found.a.cuts), len(found.b.cuts), found.met, found.boundaries))  # fmt: skip
    return CONTRAST.frame(rows)


def _contrasts(
    parallel: Sequence[tuple[Entity, dict[str, str]]], tokenizer: "Tokenizer"
) -> Iterator[tuple[Entity, str, str, _Contrast]]:
    cuts = cut_forms([form for _, forms in parallel for form in forms.values()], tokenizer)
    compared = cache(lambda one, other: _contrast(cuts[one], cuts[other]))
    for entity, forms in parallel:
        for a, b in combinations(forms, 2):
            yield entity, a, b, compared(forms[a], forms[b])


SHARED = TableSpec(
    "shared",
    "How alike two languages cut their parallel names, in the mean, beside chance.",
    {
        **PAIR,
        "type": text("PER, LOC, ORG or all"),
        "n": integer("names in both"),
        "difference": real("mean of a's pieces minus b's"),
        "jaccard": real("mean Jaccard of the sets of pieces"),
        "jaccard_floor": real("the same between different names, 200 pairs drawn at random"),
        "cut": integer("names with a cut inside a word in either"),
        "boundaries": real("mean over those: cuts at the same place over all places with a cut"),
        "boundaries_floor": real("the same with b's cuts at random places inside its words, up to 200 names"),
        "scripts": text(SCRIPTS),
    },
    "heatmap",
)


@SHARED.made_by
def shared_table(
    entities: Iterable[Entity], tokenizer: "Tokenizer", languages: Sequence[str] | None = None, seed: int = 0
) -> "pd.DataFrame":
    """How alike two languages cut their parallel names, in the mean, by type, beside chance.

    Args:
        entities: with their nominative forms.
        tokenizer: that cuts them.
        languages: codes, None for all.
        seed: of the floors.
    """
    found: dict[tuple[str, str], dict[str, list[_Contrast]]] = {}
    entities = list(entities)
    scripts = scripts_of_forms(entities)
    for entity, a, b, contrast in _contrasts(_parallel(entities, languages), tokenizer):
        kinds = found.setdefault((a, b), {})
        kinds.setdefault(entity.type, []).append(contrast)
        kinds.setdefault("all", []).append(contrast)
    generator = np.random.default_rng(seed)
    order = {kind: place for place, kind in enumerate(ENTITY_TYPES)} | {"all": 99}
    rows: list[tuple[Any, ...]] = []
    for (a, b), kinds in found.items():
        for kind in sorted(kinds, key=lambda k: (order.get(k, 50), k)):
            pairs = kinds[kind]
            cut = [pair.boundaries for pair in pairs if pair.boundaries is not None]
            rows.append((
                a, b, kind, len(pairs),
                float(np.mean([pair.a.count - pair.b.count for pair in pairs])),
                float(np.mean([pair.jaccard for pair in pairs])), _strangers(pairs, generator), len(cut),
                float(np.mean(cut)) if cut else None, _random_cuts(pairs, generator), scripts_of(a, b, scripts),
            ))  # fmt: skip
    return SHARED.frame(rows)


def _strangers(pairs: Sequence[_Contrast], generator: np.random.Generator) -> float | None:
    """Mean Jaccard of the pieces of different names."""
    n = len(pairs)
    if n < 2:
        return None
    left = generator.integers(0, n, DRAWN)
    right = (left + generator.integers(1, n, DRAWN)) % n
    total = 0.0
    for i, j in zip(left.tolist(), right.tolist(), strict=True):
        one, other = pairs[i].a.set, pairs[j].b.set
        total += len(one & other) / max(1, len(one | other))
    return total / DRAWN


def _random_cuts(pairs: Sequence[_Contrast], generator: np.random.Generator) -> float | None:
    """Mean agreement of boundaries when the second form is cut as often, at random places inside its words."""
    cut = [pair for pair in pairs if pair.boundaries is not None]
    if not cut:
        return None
    chosen = cut if len(cut) <= DRAWN else [cut[i] for i in generator.choice(len(cut), DRAWN, replace=False)]
    total = 0.0
    for pair in chosen:
        k = min(len(pair.b.cuts), len(pair.b.places))
        cuts = generator.choice(pair.b.places, k, replace=False).tolist() if k else []
        met = shared_cuts(pair.a.latin, pair.a.cuts, pair.b.latin, cuts)
        total += met / (len(pair.a.cuts) + len(cuts) - met)
    return total / len(chosen)


def _word_counts(texts: Texts, tokenizer: "Tokenizer") -> dict[str, int]:
    """Pieces of every different word."""
    words = list(dict.fromkeys(word for sentences in texts.values() for sentence in sentences for word in sentence))
    cuts = cut_texts(tokenizer, words)
    return {word: count_pieces(cut.shown) for word, cut in zip(words, cuts, strict=True)}


COMPATIBILITY = TableSpec(
    "compatibility",
    "Whether two languages are cut equally finely (Maronikolakis et al.); of little help in choosing a donor.",
    {
        **PAIR,
        "measure": text("tokens (over all words) or types (over different words)"),
        "n_a": integer("characters in a"),
        "n_b": integer("characters in b"),
        "rate_a": real("pieces per character in a"),
        "rate_b": real("pieces per character in b"),
        "compatibility": real("the smaller rate over the greater, 1 for equal ones"),
        "ceiling": real("the same between random halves of one language, mean of both"),
    },
    "heatmap",
)


@COMPATIBILITY.made_by
def compatibility_table(texts: Texts, tokenizer: "Tokenizer", seed: int = 0) -> "pd.DataFrame":
    """Whether two languages are cut equally finely: compression rates side by side.

    Args:
        texts: code → texts, each a list of words; they need not be parallel.
        tokenizer: that cuts the words.
        seed: of the halves that the ceiling is measured on.

    Source: Maronikolakis et al. 2021, "Wine is not v i n", section 3.
    """
    counts = _word_counts(texts, tokenizer)
    generator = np.random.default_rng(seed)
    sides: dict[tuple[str, str], tuple[int, float | None, float | None]] = {}
    for code, sentences in texts.items():
        words = [word for sentence in sentences for word in sentence]
        for measure, chosen in (("tokens", words), ("types", list(dict.fromkeys(words)))):
            sizes = np.array([[counts[word], len(word)] for word in chosen], dtype=np.float64).reshape(-1, 2)
            sides[code, measure] = (int(sizes[:, 1].sum()), _rate(sizes), _halves(sizes, generator))
    rows: list[tuple[Any, ...]] = []
    for a, b in combinations(texts, 2):
        for measure in ("tokens", "types"):
            (n_a, rate_a, half_a), (n_b, rate_b, half_b) = sides[a, measure], sides[b, measure]
            halves = [half for half in (half_a, half_b) if half is not None]
            rows.append((a, b, measure, n_a, n_b, rate_a, rate_b, _closeness(rate_a, rate_b),
                         sum(halves) / len(halves) if halves else None))  # fmt: skip
    return COMPATIBILITY.frame(rows)


def _rate(sizes: "np.ndarray[Any, np.dtype[np.float64]]") -> float | None:
    pieces, characters = sizes.sum(axis=0)
    return float(pieces / characters) if characters else None


def _closeness(a: float | None, b: float | None) -> float | None:
    return min(a, b) / max(a, b) if a and b else None


def _halves(sizes: "np.ndarray[Any, np.dtype[np.float64]]", generator: np.random.Generator) -> float | None:
    found = []
    for _ in range(HALVINGS if len(sizes) > 1 else 0):
        order = generator.permutation(len(sizes))
        halves = [_rate(sizes[part]) for part in np.array_split(order, 2)]
        if (close := _closeness(*halves)) is not None:
            found.append(close)
    return float(np.mean(found)) if found else None


PARITY = TableSpec(
    "parity",
    "What the same text costs in pieces, over what it costs in a chosen language (Petrov et al.).",
    {
        "language": text(LANGUAGE),
        "against": text("language compared with"),
        "n": integer("parallel texts"),
        "pieces": integer("pieces in the language"),
        "pieces_against": integer("pieces in the other"),
        "parity": real("their ratio; above 1 the language pays a premium"),
        "low": real("2.5 % bound, bootstrap over texts"),
        "high": real("97.5 % bound"),
    },
    "bars",
)


@PARITY.made_by
def parity_table(parallel: Texts, tokenizer: "Tokenizer", against: str = "en", seed: int = 0) -> "pd.DataFrame":
    """What the same text costs in pieces, language by language, over what it costs in a chosen one.

    Args:
        parallel: code → texts, each a list of words, parallel: the i-th of every language says the same; an empty one
            is missing, and its text is left out of the pair.
        tokenizer: that cuts the words.
        against: the language compared with.
        seed: of the bootstrap.

    Raises:
        UsageError: for a reference that has no text.

    Source: Petrov et al. 2023, "Language Model Tokenizers Introduce Unfairness Between Languages".
    """
    from nerspace.engine.errors import UsageError

    if not any(parallel.get(against, ())):
        there = ", ".join(code for code in parallel if any(parallel[code])) or "none"
        raise UsageError(f"There is no text in {against!r} to compare with.", f"Choose from {there}.")
    counts = _word_counts(parallel, tokenizer)
    sizes = {code: np.array([sum(counts[w] for w in text) for text in rows]) for code, rows in parallel.items()}
    rows: list[tuple[Any, ...]] = []
    for code, own in sizes.items():
        both = (own > 0) & (sizes[against] > 0)
        lengths, reference = own[both], sizes[against][both]
        n = len(lengths)
        value = float(lengths.sum() / reference.sum()) if n else None
        low, high = None, None
        if n > 1:
            drawn = np.random.default_rng(seed).integers(0, n, (RESAMPLES, n))
            low, high = np.quantile(lengths[drawn].sum(axis=1) / reference[drawn].sum(axis=1), [0.025, 0.975]).tolist()
        rows.append((code, against, n, int(lengths.sum()), int(reference.sum()), value, low, high))
    return PARITY.frame(rows)
