"""What gives the type of a name away besides the name: how well contexts alone tell it, feature by feature.

A classifier that has seen 19 of 20 parts of the contexts says the types of the last part, for every part in turn:
regularised least squares on present and absent features, whose predictions of what was left out have a closed form.
Every part has its share of every type; leaving out single contexts would make their own type the rarer one and its
guess wrong. Contexts that read alike count once, so that none is told by its twin. A corpus in which tense or place in
the sentence tells the type teaches a model that instead.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nerspace.datasets.filling import SLOT, split_words
from nerspace.datasets.tagging import spans_of
from nerspace.engine.tables.spec import LANGUAGE, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets import Corpus, SyntheticNER, TaggedCorpus

Matrix = npt.NDArray[np.float64]

# Contexts of a language that are told, drawn by the seed where there are more.
MOST = 2_000
# Words and endings that count as common: the first of them by the contexts that they are in.
COMMON_WORDS, COMMON_ENDINGS = 100, 40
# Parts that are told in turn.
FOLDS = 20
# Weight of a squared coefficient; features are 0 or 1.
RIDGE = 1.0
# Stands for another name of the same sentence, which must not tell anything.
OTHER_NAME = "□"

GIVEAWAYS = TableSpec(
    "giveaways",
    "How well the context alone tells the type of the name in it, from one kind of feature at a time.",
    {
        "language": text(LANGUAGE),
        "features": text("endings, length, position, punctuation, function words, together (these five), or words"),
        "n": integer(
            "contexts, each told by a classifier that saw 19 of 20 parts without it; of a product the nominative"
        ),
        "types": integer("types that they are of"),
        "accuracy": real("share told rightly"),
        "floor": real("share of the commonest type: what one is right at without reading"),
        "above": real("accuracy minus floor"),
        "balanced": real("mean over types of the share told rightly, when all types count alike in learning"),
        "balanced_floor": real("one divided by the number of types"),
    },
)


@dataclass(frozen=True, slots=True)
class _Told:
    """A context without its name: the words before and after it, and the type of the name."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    type: str

    @property
    def words(self) -> list[str]:
        """Its words in lower case, without signs and numbers."""
        return [word.casefold() for word in (*self.before, *self.after) if word[:1].isalpha()]


@GIVEAWAYS.made_by
def giveaways_table(corpus: "Corpus", seed: int = 0) -> "pd.DataFrame":
    """The table `giveaways`: for every language and kind of feature, how well contexts tell the type of their name.

    endings: the commonest last two letters of words of four and more, as tense shows in them. length: words of the
    context. position: words before and after the name. punctuation: signs and digits, and what stands beside the name.
    function words: the commonest words. words: all of them.

    Args:
        corpus: of either kind; of a sentence with several names one is drawn, the others are blanked.
        seed: of the draws.

    Returns:
        Seven rows for every language with contexts of two types; none for another.
    """
    from nerspace.datasets import SyntheticNER

    rows = []
    for language in corpus.languages:
        if isinstance(corpus, SyntheticNER):
            told = list(dict.fromkeys(_of_product(corpus, language)))
        else:
            told = list(dict.fromkeys(_of_sentences(corpus, language, seed)))
        random.Random(seed).shuffle(told)  # noqa: S311 - a reproducible draw, no secret
        told = told[:MOST]
        codes = np.unique([context.type for context in told], return_inverse=True)[1]
        sizes = np.bincount(codes)
        if len(sizes) < 2:
            continue
        even, floor = (len(codes) / (len(sizes) * sizes))[codes], float(sizes.max() / len(codes))
        for name, matrix in _features(told).items():
            right, right_evenly = _told_rightly(matrix, codes, np.ones(len(codes)), even)
            accuracy, balanced = float(right.mean()), float(np.average(right_evenly, weights=even))
            rows.append(
                (language, name, len(told), len(sizes), accuracy, floor, accuracy - floor, balanced, 1 / len(sizes))
            )
    return GIVEAWAYS.frame(rows)


def _of_product(corpus: "SyntheticNER", language: str) -> Iterator[_Told]:
    """The nominative contexts of a product; other cases are asked of places alone."""
    for context in corpus.contexts:
        if context.case == "nominative" and language in context.texts:
            before, *rest = SLOT.split(context.texts[language])
            after = f" {OTHER_NAME} ".join(rest)
            yield _Told(tuple(split_words(before)), tuple(split_words(after)), context.type)


def _of_sentences(corpus: "TaggedCorpus", language: str, seed: int) -> Iterator[_Told]:
    """One name of every tagged sentence that has any."""
    generator = random.Random(seed)  # noqa: S311
    for sentence in corpus.sentences(language):
        spans = spans_of(sentence.tags)
        if not spans:
            continue
        start, stop, kind = generator.choice(spans)
        words = [word if tag == "O" else OTHER_NAME for word, tag in zip(sentence.words, sentence.tags, strict=True)]
        yield _Told(tuple(words[:start]), tuple(words[stop:]), kind)


def _features(told: Sequence[_Told]) -> dict[str, Matrix]:
    """Kind of feature → [contexts, features], each present or absent."""
    words = [set(context.words) for context in told]
    function = _commonest(words, COMMON_WORDS)
    endings = [{word[-2:] for word in found if len(word) > 3 and word not in function} for found in words]
    kinds = {
        "endings": _present(endings, _commonest(endings, COMMON_ENDINGS)),
        "length": _of_each(told, _length),
        "position": _of_each(told, _position),
        "punctuation": _of_each(told, _punctuation),
        "function words": _present(words, function),
    }
    return {**kinds, "together": np.hstack(list(kinds.values())), "words": _of_each(told, lambda c: set(c.words))}


def _commonest(found: Sequence[set[str]], n: int) -> list[str]:
    counts = Counter(item for items in found for item in items)
    return sorted(counts, key=lambda item: (-counts[item], item))[:n]


def _of_each(told: Sequence[_Told], features: Callable[[_Told], set[str]]) -> Matrix:
    found = [features(context) for context in told]
    return _present(found, sorted(set().union(*found)))


def _present(found: Sequence[set[str]], names: Sequence[str]) -> Matrix:
    places = {name: place for place, name in enumerate(names)}
    matrix = np.zeros((len(found), len(places)))
    for row, items in enumerate(found):
        matrix[row, [places[item] for item in items if item in places]] = 1
    return matrix


def _bucket(number: int, bounds: Sequence[int]) -> int:
    return sum(number > bound for bound in bounds)


def _length(context: _Told) -> set[str]:
    words = sum(word[:1].isalnum() for word in (*context.before, *context.after))
    return {f"length {_bucket(words, (3, 5, 7, 9, 11, 14, 18, 23, 30))}"}


def _position(context: _Told) -> set[str]:
    before, after = (sum(word[:1].isalnum() for word in words) for words in (context.before, context.after))
    place = "first" if not before else "last" if not after else "early" if before <= after else "late"
    bounds = (0, 1, 2, 4, 7, 11, 16)
    return {place, f"before {_bucket(before, bounds)}", f"after {_bucket(after, bounds)}"}


def _punctuation(context: _Told) -> set[str]:
    signs = [word for word in (*context.before, *context.after) if not word[:1].isalnum()]
    found = {f"sign {sign}" for sign in signs}
    found.add(f"before the name {_sign(context.before[-1:])}")
    found.add(f"after the name {_sign(context.after[:1])}")
    if "," in context.before:
        found.add("comma before the name")
    if any(character.isdigit() for word in (*context.before, *context.after) for character in word):
        found.add("digits")
    return found


def _sign(words: Sequence[str]) -> str:
    return "" if not words or words[0][:1].isalnum() else words[0]


def _told_rightly(
    features: Matrix, codes: "npt.NDArray[np.intp]", *weightings: Matrix
) -> "list[npt.NDArray[np.bool_]]":
    """For each weighting of the rows, whether each row's type is told by least squares on the rows of the other parts.

    Args:
        features: 0 or 1 [n, p].
        codes: the type of each row, from 0 [n].
        weightings: weights of the rows, each [n].
    """
    # A large constant feature is an intercept that the penalty hardly touches.
    X = np.hstack([features, np.full((len(codes), 1), 10.0)])
    Y = np.eye(codes.max() + 1)[codes]
    # Both forms are one and the same; the smaller matrix is inverted. Products of so few ones are exact in 32 bits.
    is_wide = X.shape[1] > len(X)
    gram = X.astype(np.float32) @ X.T.astype(np.float32) if is_wide else X
    found = []
    for weights in weightings:
        roots = np.sqrt(weights)[:, None]
        if is_wide:
            outside = np.linalg.inv(gram * roots * roots.T + RIDGE * np.eye(len(X)))
            residuals = outside @ (Y * roots)
        else:
            inverse = np.linalg.inv(X.T @ (X * weights[:, None]) + RIDGE * np.eye(X.shape[1]))
            residuals = roots * (Y - X @ (inverse @ (X.T @ (Y * weights[:, None]))))
        right = np.zeros(len(codes), dtype=bool)
        for rows in _parts(codes):
            if is_wide:
                block = outside[np.ix_(rows, rows)]
            else:
                part = X[rows] * roots[rows]
                block = np.eye(len(rows)) - part @ inverse @ part.T
            left_out = Y[rows] - np.linalg.solve(block, residuals[rows]) / roots[rows]
            # Types that nothing tells apart are told alike, not by rounding errors, which know what was left out.
            right[rows] = left_out.round(9).argmax(axis=1) == codes[rows]
        found.append(right)
    return found


def _parts(codes: "npt.NDArray[np.intp]") -> "list[npt.NDArray[np.intp]]":
    """Rows of each part, every type dealt out in turn."""
    dealt = np.argsort(codes, kind="stable")
    return [part for part in (dealt[start::FOLDS] for start in range(FOLDS)) if len(part)]
