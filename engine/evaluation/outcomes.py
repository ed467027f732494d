"""What became of every entity: one row each, from which confusion, buckets and failing examples are counted."""

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nerspace.datasets.records import ENTITY_TYPES
from nerspace.engine.evaluation.spans import Span, entity_spans, lenient_spans, match_spans
from nerspace.engine.names.tokenization import count_pieces, segment
from nerspace.engine.statistics.cells import clusters_of
from nerspace.engine.statistics.clusters import clustered_share
from nerspace.engine.tables.spec import LANGUAGE, MODEL, SENTENCE, TYPE, TableSpec, integer, integer_or_gap, real, text

if TYPE_CHECKING:
    import pandas as pd
    from tokenizers import Tokenizer

MISSED, SPURIOUS = "missed", "spurious"
UNKNOWN = "unknown"


OUTCOMES = TableSpec(
    "outcomes",
    "What became of every entity that is there or was found, with what may explain it.",
    {
        **MODEL,
        "sentence": text(SENTENCE),
        "language": text(LANGUAGE),
        "gold": text("gold type, or spurious"),
        "predicted": text("predicted type, or missed"),
        "outcome": text(
            "right, I- first (right but without its B-), type, boundaries or both (what is wrong), missed, spurious"
        ),
        "form": text("words of the gold entity"),
        "answer": text("words of the predicted entity"),
        "length": integer("how many words the gold entity has, else the predicted one"),
        "count": integer_or_gap("how many subwords; empty without a tokenizer"),
        "identical": text(
            "same or different: the donor's string in the parallel sentence; donor in its own language; "
            "unknown where no sentence is parallel"
        ),
        "script": text("Latin, Cyrillic or another's name; mixed, none"),
        "frequency": integer_or_gap(
            "how often its most frequent word stands in the donor's training names; empty where they are unknown"
        ),
        "confidence": real("lowest probability of a predicted tag in the sentence"),
    },
)


@OUTCOMES.made_by
def outcomes_table(
    predictions: "pd.DataFrame", sentences: "pd.DataFrame", tokenizer: "Tokenizer | None" = None
) -> "pd.DataFrame":
    """Every gold or predicted entity, by lenient spans, with what may explain the outcome.

    Args:
        predictions: the table of that name.
        sentences: the table of that name; training sentences in it show what a donor has seen.
        tokenizer: that cuts words in pieces; without it their number is empty.
    """
    texts = {row.sentence: row for row in _rows(sentences)}
    seen = _seen_in_training(sentences)
    count = _PieceCounter(tokenizer)
    rows: list[tuple[Any, ...]] = []
    for row in _rows(predictions):
        gold_tags, predicted_tags = row.gold.split(" "), row.predicted.split(" ")
        words = _words_of(texts.get(row.sentence), len(gold_tags))
        strict = entity_spans(predicted_tags)
        donor_forms = _donor_forms(texts, row)
        for gold, predicted in match_spans(lenient_spans(gold_tags), lenient_spans(predicted_tags)):
            entity = gold or predicted
            assert entity is not None  # noqa: S101 - one of them is there
            span = words[entity[1] : entity[2]]
            form = " ".join(span)
            rows.append((
                row.donor, row.seed, row.sentence, row.language,
                gold[0] if gold else SPURIOUS, predicted[0] if predicted else MISSED, _outcome(gold, predicted, strict),
                form if gold else "", " ".join(words[predicted[1] : predicted[2]]) if predicted else "",
                entity[2] - entity[1], count.of(span), _identical(row, form, donor_forms) if gold else "",
                script_of(form), _frequency(seen.get(row.donor), span), row.confidence,
            ))  # fmt: skip
    return OUTCOMES.frame(rows)


def _rows(frame: "pd.DataFrame") -> Iterator[Any]:
    return frame.itertuples(index=False)


def _outcome(gold: Span | None, predicted: Span | None, strict: Collection[Span]) -> str:
    if gold is None:
        return SPURIOUS
    if predicted is None:
        return MISSED
    if gold == predicted:
        return "right" if predicted in strict else "I- first"
    if gold[1:] == predicted[1:]:
        return "type"
    return "boundaries" if gold[0] == predicted[0] else "both"


def _words_of(sentence: Any, count: int) -> list[str]:
    """The words of a row of `sentences`; empty ones where it is missing or its words cannot be told apart."""
    words = sentence.words.split(" ") if sentence is not None and isinstance(sentence.words, str) else []
    return words if len(words) == count else [""] * count


def _donor_forms(texts: Mapping[str, Any], row: Any) -> set[str] | None:
    """The names in the donor's parallel sentence; None where there is none."""
    _, slash, cell = row.sentence.partition("/")
    other = texts.get(f"{row.donor}/{cell}") if slash else None
    if other is None or not (isinstance(other.entity, str) and other.entity):
        return None
    tags = other.tags.split(" ")
    words = _words_of(other, len(tags))
    return {" ".join(words[start:stop]) for _, start, stop in lenient_spans(tags)}


def _identical(row: Any, form: str, donor_forms: set[str] | None) -> str:
    if row.language == row.donor:
        return "donor"
    if donor_forms is None:
        return UNKNOWN
    return "same" if form in donor_forms else "different"


def script_of(form: str) -> str:
    """The script of the letters of a text: Latin, Cyrillic, another's name, mixed, or none."""
    scripts = {unicodedata.name(letter, "?").split(" ")[0].capitalize() for letter in form if letter.isalpha()}
    return "none" if not scripts else scripts.pop() if len(scripts) == 1 else "mixed"


def _seen_in_training(sentences: "pd.DataFrame") -> dict[str, Counter[str]]:
    """Per donor language, how often each word stands in a name of its training sentences."""
    seen: dict[str, Counter[str]] = {}
    if "split" not in sentences:
        return seen
    for row in _rows(sentences[sentences["split"] == "train"]):
        tags = row.tags.split(" ")
        words = _words_of(row, len(tags))
        seen.setdefault(row.language, Counter()).update(w for w, tag in zip(words, tags, strict=True) if tag != "O")
    return seen


def _frequency(seen: Counter[str] | None, words: Sequence[str]) -> int | None:
    return None if seen is None else max((seen[word] for word in words), default=0)


class _PieceCounter:
    """Pieces of words as they stand in a sentence, each counted once."""

    def __init__(self, tokenizer: "Tokenizer | None") -> None:
        self._tokenizer = tokenizer
        self._counts: dict[str, int] = {}

    def of(self, words: Iterable[str]) -> int | None:
        return None if self._tokenizer is None else sum(map(self._count, words))

    def _count(self, word: str) -> int:
        if (count := self._counts.get(word)) is None:
            assert self._tokenizer is not None  # noqa: S101 - `of` sees to it
            count = self._counts[word] = count_pieces(segment(word, self._tokenizer))
        return count


CONFUSION = TableSpec(
    "confusion",
    "Gold types against predicted ones, with what was missed and what is spurious.",
    {
        **MODEL,
        "language": text(f"{LANGUAGE}, or all"),
        "gold": text("gold type, or spurious: found where there is none"),
        "predicted": text("predicted type, or missed: no word of it was found"),
        "n": integer("entities"),
        "exact": integer("of them with the same boundaries"),
        "share": real("n over all entities of that gold type"),
    },
    "confusion",
)


@CONFUSION.made_by
def confusion_table(outcomes: "pd.DataFrame") -> "pd.DataFrame":
    """Gold against predicted types, with what was missed and what is spurious.

    Args:
        outcomes: the table of that name.
    """
    import pandas as pd

    rows = []
    for key, part in _with_all(outcomes):
        totals = Counter(part["gold"])
        for (gold, predicted), group in part.groupby(["gold", "predicted"]):
            exact = int(group["outcome"].isin(["right", "I- first", "type"]).sum())
            rows.append((*key, gold, predicted, len(group), exact, len(group) / totals[gold]))
    frame = CONFUSION.frame(rows)
    order = {kind: rank for rank, kind in enumerate(ENTITY_TYPES)} | {MISSED: 98, SPURIOUS: 99}
    keys = [frame[name].map(lambda kind: order.get(kind, 50)) for name in ("gold", "predicted")]
    first = pd.Series(range(len(frame))).groupby([frame["donor"], frame["seed"], frame["language"]]).transform("min")
    ordered = frame.assign(_p=first, _g=keys[0], _s=keys[1]).sort_values(["_p", "_g", "gold", "_s", "predicted"])
    return ordered.drop(columns=["_p", "_g", "_s"]).reset_index(drop=True)


def _with_all(outcomes: "pd.DataFrame") -> "Iterable[tuple[tuple[Any, ...], pd.DataFrame]]":
    """Rows per donor, seed and language, and of all languages of a donor and seed where there are several."""
    for (donor, seed), part in outcomes.groupby(["donor", "seed"], sort=False):
        languages = list(part.groupby("language", sort=False))
        if len(languages) > 1:
            yield (donor, seed, "all"), part
        for language, rows in languages:
            yield (donor, seed, language), rows


FAILING = TableSpec(
    "failing",
    "The wrong sentences, those that the model was surest of first.",
    {
        **MODEL,
        "sentence": text(SENTENCE),
        "language": text(LANGUAGE),
        "type": text(f"{TYPE}; mixed for several, empty for none"),
        "confidence": real("lowest probability of a predicted tag in the sentence"),
        "errors": text("what became of each entity that went wrong"),
        "words": text("words, joined by a space"),
        "gold": text("gold tags, joined by a space"),
        "predicted": text("predicted tags, joined by a space"),
    },
)


@FAILING.made_by
def failing_table(predictions: "pd.DataFrame", sentences: "pd.DataFrame", outcomes: "pd.DataFrame") -> "pd.DataFrame":
    """The wrong sentences, those that the model was surest of first.

    Args:
        predictions: the table of that name.
        sentences: the table of that name.
        outcomes: the table of that name.
    """
    failed = predictions[predictions["wrong"] == 1]
    errors: dict[tuple[Any, ...], list[str]] = {}
    for row in _rows(outcomes[outcomes["outcome"] != "right"]):
        errors.setdefault((row.donor, row.seed, row.sentence), []).append(_describe_error(row))
    keys = zip(failed["donor"], failed["seed"], failed["sentence"], strict=True)
    words = sentences.drop_duplicates("sentence").set_index("sentence")["words"]
    frame = failed.assign(
        errors=["; ".join(errors.get(key, [])) for key in keys],
        words=failed["sentence"].map(words).fillna("").astype(str),
    )
    frame = frame.sort_values("confidence", ascending=False, kind="stable", ignore_index=True)
    return FAILING.checked(frame[list(FAILING.columns)])


def _describe_error(row: Any) -> str:
    if row.outcome == MISSED:
        return f"missed {row.gold} {row.form}".rstrip()
    if row.outcome == SPURIOUS:
        return f"spurious {row.predicted} {row.answer}".rstrip()
    types = row.gold if row.gold == row.predicted else f"{row.gold} as {row.predicted}"
    names = row.form if row.form == row.answer else f"{row.form} as {row.answer}"
    return f"{types} {names}{' without B-' if row.outcome == 'I- first' else ''}".rstrip()


class _Bucket(NamedTuple):
    """A column of `outcomes`, and its values in order: (label, least) for numbers, none for words."""

    column: str
    steps: Sequence[tuple[str, int]] = ()

    def label(self, value: Any) -> str:
        if value is None:
            return UNKNOWN
        return [name for name, least in self.steps if value >= least][-1] if self.steps else str(value)


HARD = {
    "length": _Bucket("length", (("1", 0), ("2", 2), ("3", 3), ("4+", 4))),
    "pieces": _Bucket("count", (("0", 0), ("1", 1), ("2", 2), ("3", 3), ("4", 4), ("5-6", 5), ("7+", 7))),
    "identical": _Bucket("identical"),
    "script": _Bucket("script"),
    "frequency": _Bucket("frequency", (("0", 0), ("1-9", 1), ("10-99", 10), ("100+", 100))),
}


BUCKETS = TableSpec(
    "buckets",
    "How many gold entities are found, by what may make them hard.",
    {
        **MODEL,
        "language": text(f"{LANGUAGE}, or all"),
        "bucket": text(
            "length (words), pieces (subwords), identical (to the donor's string in the parallel sentence), "
            "script, or frequency (of its most frequent word in the donor's training names)"
        ),
        "bin": text("value or range; unknown where nothing tells it"),
        "n": integer("gold entities of types that the model knows"),
        "found": integer("of them right in boundaries and type"),
        "recall": real("found over n"),
        "low": real("2.5 % bound, clustered by name and by context"),
        "high": real("97.5 % bound"),
        "names": integer("different names among them; sentences where they came tagged"),
    },
    "bars",
)


@BUCKETS.made_by
def buckets_table(outcomes: "pd.DataFrame", known: Collection[str] | None = None) -> "pd.DataFrame":
    """How many gold entities are found (strictly), by what may make them hard.

    Args:
        outcomes: the table of that name.
        known: the types that the model knows; entities of others are left out. None where it knows all.
    """
    import pandas as pd

    entities = outcomes[outcomes["gold"] != SPURIOUS]
    if known is not None:
        entities = entities[entities["gold"].isin(set(known))]
    rows: list[tuple[Any, ...]] = []
    for key, part in _with_all(entities):
        right = (part["outcome"] == "right").to_numpy(dtype=float)
        names, contexts = (np.array(side, dtype=object) for side in clusters_of(part["sentence"]))
        for name, bucket in HARD.items():
            values = part[bucket.column].astype(object)
            labels = pd.Series([bucket.label(v) for v in values.where(values.notna(), None)], part.index, dtype=object)
            order = [label for label, _ in bucket.steps] or sorted(set(labels) - {UNKNOWN})
            for label in [*order, UNKNOWN]:
                inside = (labels == label).to_numpy()
                if n := int(inside.sum()):
                    share = clustered_share(right[inside].tolist(), names[inside].tolist(), contexts[inside].tolist())
                    found = int(right[inside].sum())
                    rows.append(
                        (*key, name, label, n, found, share.value, share.low, share.high, len(set(names[inside])))
                    )
    return BUCKETS.frame(rows)
