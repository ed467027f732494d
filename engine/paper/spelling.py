"""Figure 5: errors against the spelling distance of donor and recipient."""

from collections.abc import Mapping

import pandas as pd

from nerspace.engine.names.distances import tnld_table
from nerspace.engine.paper import causes
from nerspace.engine.paper.cache import CachedModel
from nerspace.engine.paper.claims import EXCHANGED_LEVEL, OPEN, Finding, by_test
from nerspace.engine.paper.models import PaperSentences
from nerspace.engine.paper.samples import PaperSample
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.runs import Run
from nerspace.engine.sampling import sentence_table
from nerspace.engine.statistics.correlation import correlation_table
from nerspace.engine.statistics.order import donor_order_table
from nerspace.engine.statistics.pairs import learned, not_judged, pair_table
from nerspace.engine.transfer import transfer_table

SUBSETS = {"spelling": "all", "spelling_script": "same_script", "spelling_different": "different"}
NAN = float("nan")


def write(
    run: Run,
    request: PaperRequest,
    sample: PaperSample,
    sentences: PaperSentences,
    models: Mapping[tuple[str, int], CachedModel],
) -> list[Finding]:
    """Write what Figure 5 shows and what errors hang on, and judge the paper's claims."""
    donors = request.donors(sample.corpus.languages)
    predictions = pd.concat([models[pair].predictions for pair in donors], ignore_index=True)
    run.write_table("predictions", predictions)
    named = {sentence.entity for sentence in sentences.test}
    tnld = tnld_table([entity for entity in sample.corpus.entities if entity.id in named], sentences.languages)
    run.write_table("tnld", tnld)
    read = sentence_table(sentences.test)
    run.write_table("sentences", read)
    transfer = transfer_table(predictions, tnld, read)
    run.write_table("transfer", transfer)
    run.write_table("transfer_pairs", pair_table(transfer))
    correlations = correlation_table(transfer, request.seed)
    run.write_table("correlations", correlations)
    run.write_table("donor_order", donor_order_table(predictions, request.seed))
    if weak := not_judged(transfer):
        run.update(weak=weak)
    return [
        *spelling(correlations), *causes.write(run, request, sentences, models, predictions, read, learned(transfer))
    ]  # fmt: skip


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
        verdict = by_test(value, p, EXCHANGED_LEVEL)
        # Pairs share languages: of those n is how many there are.
        unit = f"pairs of {int(row['languages'])} languages"
        findings.append(Finding(claim, verdict, value, low, high, p, float(row["chance"]), int(row["n"]), unit))
    return findings
