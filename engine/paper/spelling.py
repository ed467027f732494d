"""Figure 5: errors against the spelling distance of donor and recipient."""

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from nerspace.engine.evaluation import entity_spans
from nerspace.engine.names.distances import tnld_table
from nerspace.engine.paper.cache import CachedModel
from nerspace.engine.paper.claims import OPEN, Finding, by_test
from nerspace.engine.paper.models import PaperSentences
from nerspace.engine.paper.samples import PaperSample
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.runs import Run
from nerspace.engine.sampling import sentence_table
from nerspace.engine.statistics.correlation import correlation_table
from nerspace.engine.statistics.pairs import pair_table
from nerspace.engine.transfer import transfer_table

SUBSETS = {"spelling": "all", "spelling_script": "same_script", "spelling_different": "different"}
NAN = float("nan")
# Of every type in the donor's own language; below, its errors elsewhere are not judged.
LEAST_RECALL = 0.5


def write(
    run: Run,
    request: PaperRequest,
    sample: PaperSample,
    sentences: PaperSentences,
    models: Mapping[tuple[str, int], CachedModel],
) -> list[Finding]:
    """Write `predictions`, `tnld`, `transfer`, `transfer_pairs` and `correlations`, and judge the paper's claim."""
    donors = request.donors(sample.corpus.languages)
    predictions = pd.concat([models[pair].predictions for pair in donors], ignore_index=True)
    run.write_table("predictions", predictions)
    named = {sentence.entity for sentence in sentences.test}
    tnld = tnld_table([entity for entity in sample.corpus.entities if entity.id in named], sentences.languages)
    run.write_table("tnld", tnld)
    transfer = transfer_table(predictions, tnld, sentence_table(sentences.test))
    run.write_table("transfer", transfer)
    run.write_table("transfer_pairs", pair_table(transfer))
    correlations = correlation_table(transfer, request.seed)
    run.write_table("correlations", correlations)
    weak = not_learned(predictions)
    if not weak:
        return spelling(correlations)
    run.update(weak=[
        f"{donor}-{seed} is not judged in Figure 5: it finds {100 * recall:.0f} % of {kind} in its own language."
        for (donor, seed), (kind, recall) in weak.items()
    ])  # fmt: skip
    models_kept = [(d, s) not in weak for d, s in zip(transfer["donor"], transfer["seed"], strict=True)]
    return spelling(correlation_table(transfer[models_kept], request.seed))


def not_learned(predictions: pd.DataFrame) -> dict[tuple[str, int], tuple[str, float]]:
    """The models that find less than LEAST_RECALL of some type in their own language: what they find least.

    A model that was trained too little is wrong whatever the spelling, and its errors say nothing of transfer.

    Args:
        predictions: the table of that name.

    Returns:
        (donor, seed) → the type and its recall.
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
        recalls = {kind: hit[kind] / count for kind, count in there.items()}
        kind = min(recalls, key=lambda name: recalls[name], default="")
        if kind and recalls[kind] < LEAST_RECALL:
            found[str(donor), int(str(seed))] = (kind, recalls[kind])
    return found


def spelling(correlations: pd.DataFrame) -> list[Finding]:
    """The findings on spelling and errors.

    Args:
        correlations: the table of that name.
    """
    findings = []
    for claim, subset in SUBSETS.items():
        chosen = correlations[(correlations["subset"] == subset) & (correlations["statistic"] == "partial")]
        if chosen.empty:
            findings.append(Finding(claim, OPEN, NAN, unit="pairs"))
            continue
        row = chosen.iloc[0]
        value, low, high, p = (float(row[name]) for name in ("value", "low", "high", "p"))
        verdict = by_test(value, p)
        findings.append(Finding(claim, verdict, value, low, high, p, float(row["chance"]), int(row["n"]), "pairs"))
    return findings
