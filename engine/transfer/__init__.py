"""Zero-shot transfer: errors of a donor's model in every recipient language, beside the spelling distance."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from nerspace.datasets.scripts import script_among
from nerspace.engine.evaluation import entity_scores, entity_spans
from nerspace.engine.names.distances import tnld as distance_of
from nerspace.engine.statistics.cells import cell_of, clusters_of, forms_of, parallel_id
from nerspace.engine.statistics.clusters import clustered_share
from nerspace.engine.statistics.pairs import SCRIPT_COLUMNS, scripts_of_sentences
from nerspace.engine.tables.spec import DONOR, RECIPIENT, TableSpec, integer, integer_or_gap, real, text

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")


TRANSFER = TableSpec(
    "transfer",
    "Zero-shot errors per donor, recipient and seed, beside their spelling distance.",
    {
        "donor": text(DONOR),
        "recipient": text(RECIPIENT),
        "seed": integer("seed of the fine-tuning"),
        "sentences": integer("test sentences"),
        "wrong": integer("sentences with any wrong tag"),
        "f1": real("strict entity F1, empty where nothing is there and nothing was said"),
        "tnld": real("mean TNLD between donor and recipient, over the names of the test part, each once"),
        "script": text("same, or across: donor and recipient are written in different scripts"),
        "tnld_different": real("mean TNLD without the names that are the same string in both"),
        "identical": real("share of names that are the same string in both"),
        "low": real("2.5 % bound of the share wrong, clustered by name and by context"),
        "high": real("97.5 % bound"),
        "tnld_read": real("mean TNLD of the two forms in the test sentences, so that frequent names count as often"),
        "sentences_different": integer_or_gap("test sentences whose name is another string in the donor's sentence"),
        "wrong_different": integer_or_gap("of them, those with any wrong tag"),
        "tnld_read_different": real("mean TNLD of the two forms in these sentences"),
        **SCRIPT_COLUMNS,
        "own_recall": real(
            "share of the names of own_least found in the donor's own language; below .5 the model is not judged"
        ),
        "own_least": text("the type that the model finds least there"),
    },
    "scatter",
)


@TRANSFER.made_by
def transfer_table(
    predictions: "pd.DataFrame", tnld: "pd.DataFrame", sentences: "pd.DataFrame | None" = None
) -> "pd.DataFrame":
    """The table `transfer`, ordered by TNLD.

    A donor is at distance 0 from itself and has no different string.

    Args:
        predictions: the table of that name.
        tnld: the table of that name; its rows of type "all" are used.
        sentences: the table of that name; without it, nothing is known of the single forms.
    """
    forms = {} if sentences is None else forms_of(sentences)
    scripts = {} if sentences is None else scripts_of_sentences(sentences)
    whole = tnld[tnld["type"] == "all"]
    known = {
        (frozenset((str(a), str(b))), subset): (n, value)
        for a, b, subset, n, value in whole[["a", "b", "subset", "n", "tnld"]].itertuples(index=False)
    }
    least = least_recalls(predictions)
    rows = []
    for (donor, seed, recipient), group in predictions.groupby(["donor", "seed", "language"], sort=False):
        scores = entity_scores(group["gold"].str.split(" "), group["predicted"].str.split(" "))
        apart, different, identical = 0.0, NAN, 1.0
        if donor != recipient:
            pair = frozenset((str(donor), str(recipient)))
            n, apart = known.get((pair, "all"), (0, NAN))
            unlike, different = known.get((pair, "different"), (0, NAN))
            identical = 1 - unlike / n if n and (pair, "different") in known else NAN
        written = [script_among(str(code), scripts) for code in (donor, recipient)]
        script = "same" if written[0] == written[1] else "across"
        names, contexts = clusters_of(group["sentence"]) if "sentence" in group else ([], [])
        share = clustered_share(group["wrong"].to_numpy(dtype=float)[: len(names)], names, contexts)
        rows.append(
            (donor, recipient, seed, len(group), int(group["wrong"].sum()), scores["f1"], apart, script, different,
             identical, share.low, share.high, *_by_sentence(str(donor), group, forms), *written,
             *least.get((str(donor), int(str(seed))), (NAN, None)))
        )  # fmt: skip
    return TRANSFER.frame(rows).sort_values(["donor", "seed", "tnld", "recipient"], ignore_index=True)


def least_recalls(predictions: "pd.DataFrame") -> dict[tuple[str, int], tuple[float, str]]:
    """How many of the names of a type each model finds in its own language, of the type that it finds least.

    Args:
        predictions: the table of that name.

    Returns:
        (donor, seed) → recall and type; models whose own language was not tested are left out.
    """
    found = {}
    own = predictions[predictions["donor"] == predictions["language"]]
    for (donor, seed), rows in own.groupby(["donor", "seed"], sort=False):
        there: Counter[str] = Counter()
        hit: Counter[str] = Counter()
        for gold, predicted in zip(rows["gold"], rows["predicted"], strict=True):
            spans, said = (entity_spans(str(tags).split(" ")) for tags in (gold, predicted))
            there.update(span[0] for span in spans)
            hit.update(span[0] for span in spans & said)
        if there:
            kind = min(there, key=lambda name: hit[name] / there[name])
            found[str(donor), int(str(seed))] = (hit[kind] / there[kind], kind)
    return found


def _by_sentence(
    donor: str, group: "pd.DataFrame", forms: Mapping[str, str]
) -> tuple[float, int | None, int | None, float]:
    """Mean TNLD of the forms in these sentences; how many of them are another string, wrong ones, their mean TNLD."""
    if not forms or "sentence" not in group:
        return NAN, None, None, NAN
    distances, apart, different, wrong = [], [], 0, 0
    for sentence, is_wrong in zip(group["sentence"].astype(str), group["wrong"], strict=True):
        own, other = forms.get(sentence), forms.get(parallel_id(donor, cell_of(sentence)))
        if own is None or other is None:
            continue
        # A name in a script that cannot be transliterated has no distance.
        if (distance := distance_of(own, other)) == distance:
            distances.append(distance)
            apart += [distance] if own != other else []
        different += own != other
        wrong += int(is_wrong) * (own != other)
    if not distances:
        return NAN, None, None, NAN
    return _mean(distances), different, wrong, _mean(apart)


# In the place of a recipient: all but the donor.
OTHERS = "others"

ZERO_SHOT = TableSpec(
    "zero_shot",
    "F1 of every donor in every recipient, their means without the donor, and the gap to the recipient's own training.",
    {
        "donor": text(DONOR),
        "recipient": text(f"{RECIPIENT}; others: mean over the recipients but the donor"),
        "seeds": integer("fine-tunings"),
        "f1": real("strict entity F1, mean over seeds"),
        "own": real("F1 of the recipient's own training in this run, mean over seeds; empty without one"),
        "gap": real("own less f1; for others, the mean over the recipients with a training of their own"),
    },
    source="transfer",
)


@ZERO_SHOT.made_by
def zero_shot_table(transfer: "pd.DataFrame") -> "pd.DataFrame":
    """The table `zero_shot`, as XTREME reports zero-shot transfer.

    Args:
        transfer: the table of that name.

    Source: Hu et al. 2020, section 4.
    """
    mean: dict[tuple[str, str], float] = {}
    size: dict[tuple[str, str], int] = {}
    for (donor, recipient), group in transfer.groupby(["donor", "recipient"], sort=False):
        key = str(donor), str(recipient)
        mean[key], size[key] = float(group["f1"].mean()), len(group)
    rows: list[tuple[str, str, int, float, float, float]] = []
    for code in dict.fromkeys(donor for donor, _ in mean):
        found = []
        for other in sorted(b for a, b in mean if a == code):
            f1, own = mean[code, other], mean.get((other, other), NAN)
            found.append((code, other, size[code, other], f1, own, own - f1))
        others = [row for row in found if row[1] != code]
        known = [row for row in others if row[4] == row[4]]
        rows += found
        if others:
            rows.append(
                (code, OTHERS, min(row[2] for row in others), _mean([row[3] for row in others]),
                 _mean([row[4] for row in known]), _mean([row[5] for row in known]))
            )  # fmt: skip
    return ZERO_SHOT.frame(rows)


def _mean(values: "list[float]") -> float:
    return sum(values) / len(values) if values else NAN
