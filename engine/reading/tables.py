"""The tables of what is read on demand: every reading, and why a name is far from itself in another language."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nerspace.datasets.languages import script_of
from nerspace.datasets.tagging import spans_of
from nerspace.engine.names.distances import tnld
from nerspace.engine.names.tokenization import counted_pieces
from nerspace.engine.runs.records import ModelId
from nerspace.engine.tables.spec import LANGUAGE, MODEL, SENTENCE, TYPE, TableSpec, integer_or_gap, real, text

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets import Sentence

NAN = float("nan")
# What became of a name in a context.
RIGHT, WRONG, CONTEXT, UNREAD = "right", "wrong", "context", "unread"


@dataclass(frozen=True, slots=True)
class Placed:
    """A name in a context in one language.

    Attributes:
        sentence: the filled context.
        context_type: what the context was written for.
        spelling: the language whose form of the name stands in it.
        form: that form.
    """

    sentence: "Sentence"
    context_type: str
    spelling: str
    form: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a model says of a sentence.

    Attributes:
        model: that read it.
        placed: what it read.
        tags: predicted, one a word.
        confidence: lowest probability of a predicted tag.
    """

    model: ModelId
    placed: Placed
    tags: Sequence[str]
    confidence: float


def verdict_of(gold: Sequence[str], predicted: Sequence[str], context_type: str) -> str:
    """right where all tags are; context where the name got the type of a context of another type; else wrong."""
    from nerspace.engine.swapping.tables import name_type

    if list(gold) == list(predicted):
        return RIGHT
    inside = [place for place, tag in enumerate(gold) if tag != "O"]
    kind = gold[inside[0]].rpartition("-")[2] if inside else ""
    own = name_type([predicted[place] for place in inside]) if inside else ""
    return CONTEXT if own == context_type != kind else WRONG


READINGS = TableSpec(
    "readings",
    "A name read on demand in test contexts of every type, by every model of a run.",
    {
        **MODEL,
        "sentence": text(SENTENCE),
        "language": text(LANGUAGE),
        "entity": text("entity id"),
        "form": text("the name as it stands in the sentence"),
        "spelling": text("language whose form of the name this is"),
        "type": text(f"{TYPE}: of the name"),
        "context": text("context id, of a context that the run did not train on"),
        "context_type": text(f"{TYPE}: what the context was written for"),
        "words": text("words, joined by a space"),
        "gold": text("tags of the name's own type, joined by a space"),
        "predicted": text("predicted tags, joined by a space"),
        "verdict": text(
            "right: all tags; context: the name got the type of a context of another type; wrong: anything else"
        ),
        "confidence": real("lowest probability of a predicted tag"),
        "text": text("the sentence as it is written"),
    },
)


@READINGS.made_by
def reading_table(said: Sequence[Said]) -> "pd.DataFrame":
    """The table `readings`.

    Args:
        said: by every model of every sentence.
    """
    rows = []
    for one in said:
        sentence, placed = one.placed.sentence, one.placed
        rows.append(
            (one.model.donor, one.model.seed, sentence.id, sentence.language, sentence.entity, placed.form,
             placed.spelling, sentence.type, sentence.context, placed.context_type, " ".join(sentence.words),
             " ".join(sentence.tags), " ".join(one.tags),
             verdict_of(sentence.tags, one.tags, placed.context_type), one.confidence, sentence.text)
        )  # fmt: skip
    return READINGS.frame(rows)


def readings_of_tests(predictions: "pd.DataFrame", sentences: "pd.DataFrame", entity: str) -> "pd.DataFrame":
    """The table `readings` of the test sentences of a name, which a run's models read when it was made.

    Args:
        predictions: the table of that name.
        sentences: the table of that name.
        entity: the id of the name.
    """
    own = sentences[sentences["entity"] == entity].drop_duplicates("sentence")
    found = predictions.merge(own[["sentence", "context", "form", "words", "text"]], on="sentence")
    rows = [
        (row["donor"], row["seed"], row["sentence"], row["language"], entity, row["form"], row["language"], row["type"],
         row["context"], row["type"], row["words"], row["gold"], row["predicted"],
         WRONG if row["wrong"] else RIGHT, row["confidence"], row["text"])
        for row in found.to_dict("records")
    ]  # fmt: skip
    return READINGS.frame(rows)


def readings_of_tagged(
    predictions: "pd.DataFrame", sentences: "pd.DataFrame", entity: str, forms: Iterable[tuple[str, str, str]]
) -> "pd.DataFrame":
    """The table `readings` of a name in the test sentences of tagged text, which hold others besides.

    Right is where every one of its own tags is, whatever was said of the other names.

    Args:
        predictions: the table of that name.
        sentences: the table of that name.
        entity: the id of the name.
        forms: language, type and form of the name; of any type where that is empty.
    """
    rows = []
    tests = sentences.drop_duplicates("sentence")[["sentence", "context", "words", "text"]].astype(str)
    for language, kind, form in forms:
        held = tests[tests["words"].str.contains(form, regex=False)]
        found = predictions[predictions["language"] == language].merge(held, on="sentence")
        for row in found.to_dict("records"):
            words, gold, said = (str(row[name]).split(" ") for name in ("words", "gold", "predicted"))
            own = [span for span in spans_of(gold) if " ".join(words[span[0] : span[1]]) == form]
            own = [span for span in own if kind in ("", span[2])]
            if own:
                verdict = RIGHT if set(own) <= set(spans_of(said)) else WRONG
                rows.append(
                    (row["donor"], row["seed"], row["sentence"], language, entity, form, language, own[0][2],
                     row["context"], own[0][2], row["words"], row["gold"], row["predicted"], verdict,
                     row["confidence"], row["text"])
                )  # fmt: skip
    return READINGS.frame(rows)


def tally(verdicts: Sequence[str]) -> str:
    """How many of each verdict, in words."""
    counted = Counter(verdicts)
    words = {RIGHT: "right", WRONG: "wrong", CONTEXT: "followed the context", UNREAD: "not read"}
    return ", ".join(f"{counted[name]} {said}" for name, said in words.items() if counted[name])


NAME_CAUSES = TableSpec(
    "name_causes",
    "Why a name is far from itself in another language: cut, spelling, vectors and errors, with their numbers.",
    {
        "entity": text("entity id"),
        "language": text(f"{LANGUAGE}: asked about"),
        "reference": text(f"{LANGUAGE}: that it is compared to"),
        "cause": text(
            "pieces; spelling; cosine; errors, in contexts of the name's type; own spelling, the other language's form "
            "in the same contexts; context, in contexts of other types"
        ),
        "donor": text("language that the model was trained on; empty where no model reads"),
        "seed": integer_or_gap("seed of that fine-tuning"),
        "stage": text("before or after fine-tuning, of a cosine"),
        "layer": integer_or_gap("hidden layer of a cosine"),
        "value": real("pieces, TNLD, cosine, or contexts read wrong (of context: that were followed), here"),
        "against": real("pieces or contexts in the reference; of own spelling, what is read wrong with its own form"),
        "floor": real("mean cosine to all other names in the other language"),
        "n": integer_or_gap("contexts"),
        "says": text("the same in words"),
    },
)


@NAME_CAUSES.made_by
def name_cause_table(
    pieces: "pd.DataFrame", entity: str, language: str, reference: str, siblings: "pd.DataFrame | None" = None,
    readings: "pd.DataFrame | None" = None, unit: str = "context",
) -> "pd.DataFrame":  # fmt: skip
    """The table `name_causes` of one name in two languages; what is not known has no row.

    Args:
        pieces: language, form and pieces of the name, one row per language.
        entity: the id of the name.
        language: asked about.
        reference: that it is compared to.
        siblings: the table of that name.
        readings: the table of that name, of any contexts; each sentence of a model counts once.
        unit: what the cosines of `siblings` are counted in.
    """
    about = (entity, language, reference)
    rows: list[tuple[Any, ...]] = [(*about, *row) for row in _of_forms(pieces, language, reference)]
    if siblings is not None:
        rows += [(*about, *row) for row in _of_vectors(siblings, entity, language, reference, unit)]
    if readings is not None and len(readings):
        own = readings[readings["entity"] == entity].drop_duplicates(["donor", "seed", "sentence", "spelling"])
        for (donor, seed), group in own.groupby(["donor", "seed"], sort=False):
            rows += [
                (*about, cause, donor, seed, "", None, value, against, NAN, n, says)
                for cause, value, against, n, says in _of_errors(group, language, reference, str(donor))
            ]
    return NAME_CAUSES.frame(rows)


def _of_forms(pieces: "pd.DataFrame", language: str, reference: str) -> list[tuple[Any, ...]]:
    rows = {str(row["language"]): row for row in pieces.to_dict("records")}
    if language not in rows or reference not in rows or language == reference:
        return []
    here, there = (counted_pieces(str(rows[code]["pieces"]).split(" ")) for code in (language, reference))
    shared = [piece for piece in dict.fromkeys(here) if piece in there]
    said = f"{_counted(len(here), 'piece')} against {len(there)} in {reference}, "
    said += f"shared {' '.join(shared)}" if shared else "none shared"
    distance = tnld(str(rows[reference]["form"]), str(rows[language]["form"]))
    scripts = dict.fromkeys(script_of(code) for code in (reference, language))
    told = f"TNLD {short(distance)}, " + ("one script" if len(scripts) == 1 else f"{' and '.join(scripts)} script")
    none = ("", None, "", None)
    return [
        ("pieces", *none, len(here), len(there), NAN, None, said),
        ("spelling", *none, distance, NAN, NAN, None, told),
    ]


def _of_vectors(
    siblings: "pd.DataFrame", entity: str, language: str, reference: str, unit: str
) -> list[tuple[Any, ...]]:
    low, high = sorted((language, reference))
    chosen = siblings[
        (siblings["entity"] == entity) & (siblings["a"] == low) & (siblings["b"] == high) & (siblings["n"] > 0)
    ]
    if chosen.empty:
        return []
    last = chosen[chosen["layer"] == chosen["layer"].max()].sort_values("stage")
    rows = []
    for stage, layer, n, cosine, floor in last[["stage", "layer", "n", "cosine", "floor"]].itertuples(index=False):
        beside = "no floor" if floor != floor else f"floor {short(floor)}"
        said = f"cosine {short(cosine)} ({beside}) {stage} fine-tuning, {_counted(n, unit)}"
        rows.append(("cosine", "", None, stage, layer, cosine, NAN, floor, n, said))
    return rows


def _of_errors(
    readings: "pd.DataFrame", language: str, reference: str, donor: str
) -> list[tuple[str, float, float, int, str]]:
    """Cause, value, against, n and words, of one model."""
    home = readings[readings["context_type"] == readings["type"]]
    plain = home[home["spelling"] == home["language"]]
    here, there = (plain[plain["language"] == code] for code in (language, reference))
    rows = []
    if len(here):
        wrong, other = _wrong(here), _wrong(there)
        said = f"the {donor} model reads {language} wrong in {wrong} of {_counted(len(here), 'context')}"
        if len(there) and language != reference:
            said += f", {reference} in {other} of {len(there)}"
        rows.append(("errors", float(wrong), float(other) if len(there) else NAN, len(here), said))
    crossed = home[(home["language"] == language) & (home["spelling"] == reference) & (language != reference)]
    same = here[here["context"].isin(crossed["context"])]
    if len(crossed) and len(same):
        wrong = _wrong(crossed)
        said = f"with the {reference} spelling in the same contexts {wrong} of {len(crossed)}"
        rows.append(("own spelling", float(wrong), float(_wrong(same)), len(crossed), said))
    others = readings[
        (readings["context_type"] != readings["type"]) & (readings["language"] == language)
        & (readings["spelling"] == language)
    ]  # fmt: skip
    if len(others):
        followed = int((others["verdict"] == CONTEXT).sum())
        said = f"in contexts of other types it takes their type in {followed} of {len(others)}"
        rows.append(("context", float(followed), NAN, len(others), said))
    return rows


def _wrong(readings: "pd.DataFrame") -> int:
    return int((readings["verdict"] != RIGHT).sum())


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def short(value: float) -> str:
    """A number below 1 as .71."""
    said = f"{value:.2f}"
    return said.replace("0.", ".", 1) if said.lstrip("-").startswith("0.") else said


def in_words(causes: "pd.DataFrame", form: str) -> str:
    """The card in one sentence.

    Args:
        causes: the table `name_causes`.
        form: of the name in the language asked about.
    """
    if causes.empty:
        return ""
    return f"{causes['language'].iloc[0]} {form}: {'; '.join(map(str, causes['says']))}."
