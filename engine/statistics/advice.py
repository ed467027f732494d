"""Which donor to train on for a recipient: donors ranked by what is known before any training, and how well that works.

tnld            nearer spelling first
piece_overlap   more shared pieces first
cka             more alike arrangement of the same entities first, in the encoder before fine-tuning
script          the recipient's own script first, all else equal: what a ranking must beat to say more than that
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import DataError
from nerspace.engine.names.tokenization import encode_sentences
from nerspace.engine.statistics.correlation import spearman
from nerspace.engine.statistics.mantel import label_pairs, label_permutations, weighted_ranks
from nerspace.engine.statistics.pairs import pair_table, scripts_of_pairs
from nerspace.engine.tables.spec import DONOR, PAIR, RECIPIENT, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd
    from tokenizers import Tokenizer

Vector = npt.NDArray[np.float64]
NAN = float("nan")
_RANKING = "tnld, piece_overlap, cka (before fine-tuning) or script (the recipient's own first)"
RANKINGS = ("tnld", "piece_overlap", "cka", "script")


PIECE_OVERLAP = TableSpec(
    "piece_overlap",
    "How many pieces two languages share in the same test sentences.",
    {
        **PAIR,
        "n": integer("different pieces that either language uses"),
        "shared": integer("pieces that both use"),
        "overlap": real("shared over n (Jaccard)"),
    },
    "heatmap",
)


@PIECE_OVERLAP.made_by
def piece_overlap_table(texts: Mapping[str, Sequence[Sequence[str]]], tokenizer: "Tokenizer") -> "pd.DataFrame":
    """The table `piece_overlap`, one row per unordered pair of languages a < b.

    The overlap is Jaccard's: pieces that both languages use over pieces that either does, special pieces left out.

    Args:
        texts: code → sentences, each a list of words; the same sentences in every language make pairs comparable.
        tokenizer: that cuts the words.
    """
    pieces = {}
    for code, sentences in texts.items():
        cut = encode_sentences(tokenizer, sentences)
        pieces[code] = {id_ for ids, words in cut for id_, word in zip(ids, words, strict=True) if word is not None}
    rows = []
    for a, b in combinations(sorted(pieces), 2):
        either = len(pieces[a] | pieces[b])
        shared = len(pieces[a] & pieces[b])
        rows.append((a, b, either, shared, shared / either if either else NAN))
    return PIECE_OVERLAP.frame(rows)


def donor_scores(
    transfer: "pd.DataFrame", overlap: "pd.DataFrame | None" = None, cka: "pd.DataFrame | None" = None,
    layer: int | None = None,
) -> dict[str, dict[tuple[str, str], float]]:  # fmt: skip
    """For each ranking, the score of (donor, recipient); a ranking whose table is missing is left out.

    Args:
        transfer: the table of that name.
        overlap: the table `piece_overlap`.
        cka: the table of that name; its rows before fine-tuning are used.
        layer: of the table `cka`, the last one by default.

    Returns:
        Ranking → (donor, recipient) → score.

    Raises:
        DataError: for a layer that the table does not hold.
    """
    pairs = pair_table(transfer)
    script_of = scripts_of_pairs(pairs)
    keys = [(str(d), str(r)) for d, r in pairs[["donor", "recipient"]].itertuples(index=False)]
    scores = {
        "tnld": dict(zip(keys, pairs["tnld"].astype(float), strict=True)),
        "script": {key: float(script_of(key[0]) == script_of(key[1])) for key in keys},
    }
    if overlap is not None:
        scores["piece_overlap"] = _either_way(overlap, "overlap")
    if cka is not None:
        before = cka[cka["stage"] == "before"]
        held = sorted(set(before["layer"]))
        if layer is not None and layer not in held:
            raise DataError(f"There is no CKA of layer {layer}.", f"Layers: {', '.join(map(str, held)) or 'none'}.")
        if held:
            scores["cka"] = _either_way(before[before["layer"] == (held[-1] if layer is None else layer)], "value")
    return {name: scores[name] for name in RANKINGS if name in scores}


def _either_way(frame: "pd.DataFrame", value: str) -> dict[tuple[str, str], float]:
    known = {(str(a), str(b)): float(v) for a, b, v in frame[["a", "b", value]].itertuples(index=False)}
    return {**known, **{(b, a): v for (a, b), v in known.items()}}


ADVICE = TableSpec(
    "advice",
    "For every recipient its donors in the order of each ranking, beside the errors they made.",
    {
        "recipient": text(RECIPIENT),
        "donor": text(DONOR),
        "ranking": text(_RANKING),
        "rank": real("1 for the donor that is advised first; equal scores share their mean rank"),
        "score": real("TNLD, overlap, CKA, or 1 for the same script"),
        "wrong": real("wrong sentences measured, mean over seeds"),
        "wrong_rank": integer("1 for the donor with the fewest"),
        "sentences": real("test sentences"),
        "seeds": integer("fine-tunings"),
    },
)


@ADVICE.made_by
def advice_table(
    transfer: "pd.DataFrame",
    piece_overlap: "pd.DataFrame | None" = None,
    cka: "pd.DataFrame | None" = None,
    layer: int | None = None,
) -> "pd.DataFrame":
    """The table `advice`: for every recipient, the other donors in the order of each ranking.

    Donors of equal score share the mean of their ranks; a donor without a score is left out. Errors are means over
    seeds.

    Args:
        transfer: the table of that name.
        piece_overlap: the table of that name; without it the ranking is left out.
        cka: the table of that name; without it the ranking is left out. Its rows before fine-tuning are used.
        layer: of the table `cka`, the last one by default.

    Raises:
        DataError: for a layer that the table does not hold.
    """
    scores = donor_scores(transfer, piece_overlap, cka, layer)
    pairs = pair_table(transfer)
    pairs = pairs[pairs["donor"] != pairs["recipient"]]
    rows: list[tuple[Any, ...]] = []
    for recipient, group in pairs.groupby("recipient", sort=True):
        best = group["wrong"].rank(method="min").astype(int)
        for name, known in scores.items():
            score = np.array([known.get((str(donor), str(recipient)), NAN) for donor in group["donor"]])
            has = np.isfinite(score)
            chosen = group[has]
            rank = _ranks(_distance(name, score[has]))
            for position in np.lexsort((chosen["donor"].to_numpy(dtype=str), rank)):
                row = chosen.iloc[position]
                rows.append(
                    (recipient, row["donor"], name, rank[position], score[has][position], row["wrong"],
                     best[has].iloc[position], row["sentences"], row["seeds"])
                )  # fmt: skip
    return ADVICE.frame(rows)


def _distance(ranking: str, score: Vector) -> Vector:
    """The score turned so that less is better; only TNLD is so by itself."""
    return score if ranking == "tnld" else -score


def _ranks(x: Vector) -> Vector:
    ranked: Vector = weighted_ranks(x[None, :], np.ones((1, len(x))))[0]
    return ranked


def kendall(x: Vector, y: Vector) -> float:
    """Kendall's tau-b of two vectors.

    Args:
        x: [n].
        y: [n].

    Returns:
        In [-1, 1]; NaN for fewer than 2 values or where either side is constant.
    """
    from scipy import stats

    return float(stats.kendalltau(x, y).statistic) if len(x) > 1 and np.ptp(x) and np.ptp(y) else NAN


ADVICE_QUALITY = TableSpec(
    "advice_quality",
    "How well each ranking of donors foresaw the measured errors, and what following it costs.",
    {
        "ranking": text(_RANKING),
        "recipient": text(f"{RECIPIENT}, or all: means over recipients"),
        "n": integer("donors ranked; for all, donor and recipient pairs"),
        "kendall": real("tau-b between ranking and measured errors, 1 for the same order, about 0 by chance"),
        "spearman": real("the same as a rank correlation"),
        "p": real("one-sided permutation p of spearman; for all, languages are exchanged in the scores"),
        "regret": real("wrong sentences of the donor advised first less those of the best donor"),
        "chance": real("the regret of a donor drawn at random"),
        "sentences": real("test sentences"),
        "seeds": integer("fine-tunings"),
    },
)


@ADVICE_QUALITY.made_by
def advice_quality_table(advice: "pd.DataFrame", seed: int = 0) -> "pd.DataFrame":
    """The table `advice_quality`: how well each ranking foresaw the errors, per recipient and over all of them.

    Agreement is between the ranking and the order of the measured errors, 1 for the same order; recipients with fewer
    than 2 donors have none. Regret is what following the ranking costs: wrong sentences of its first donor (the mean of
    those that share the first place) less those of the best; chance is the same for a donor drawn at random. p is
    one-sided: for one recipient, how often a random order of its donors agrees at least as well (Spearman); for all,
    how often languages exchanged in the scores do (see `mantel`), by the mean over recipients.

    Args:
        advice: the table of that name.
        seed: of the permutations.
    """
    rows: list[tuple[Any, ...]] = []
    for name, ranking in advice.groupby("ranking", sort=False):
        results = []
        for recipient, group in ranking.groupby("recipient"):
            rank, wrong = group["rank"].to_numpy(dtype=float), group["wrong"].to_numpy(dtype=float)
            agreement = spearman(rank, wrong)
            first = wrong[rank == rank.min()].mean()
            p = _order_p(rank, wrong, seed) if np.isfinite(agreement) else NAN
            results.append(
                (kendall(rank, wrong), agreement, p, first - wrong.min(), wrong.mean() - wrong.min(),
                 group["sentences"].mean(), len(group))
            )  # fmt: skip
            rows.append((name, recipient, len(group), *results[-1][:6], int(group["seeds"].min())))
        means = _means(np.array([values[:6] for values in results], dtype=float))
        p = _joint_p(str(name), ranking, seed)
        donors = sum(values[6] for values in results)
        rows.append(
            (name, "all", donors, means[0], means[1], p, means[3], means[4], means[5], int(ranking["seeds"].min()))
        )
    return ADVICE_QUALITY.frame(rows)


def first_choices(advice: "pd.DataFrame") -> "pd.DataFrame":
    """Per recipient, the donors that each ranking puts first and those with the fewest errors; equals are all named.

    Args:
        advice: the table of that name.
    """
    import pandas as pd

    rows = []
    for recipient, group in advice.groupby("recipient"):
        row = {"recipient": recipient}
        for name, ranking in group.groupby("ranking", sort=False):
            row[str(name)] = ",".join(ranking["donor"][ranking["rank"] == ranking["rank"].min()])
        donors = group[group["wrong"] == group["wrong"].min()]["donor"]
        rows.append({**row, "fewest errors": ",".join(sorted(set(donors)))})
    return pd.DataFrame(rows)


def _means(values: Vector) -> Vector:
    """Means of columns [m, c] over what is known, NaN where nothing is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    means: Vector = np.divide(total, known.sum(axis=0), out=np.full(values.shape[1], NAN), where=known.any(axis=0))
    return means


def _order_p(rank: Vector, wrong: Vector, seed: int) -> float:
    orders, _ = label_permutations([0] * len(rank), seed)
    a, b = _standard(rank[orders]), _standard(wrong[None, :])
    agreement = (a * b).sum(axis=1)
    return float((agreement >= agreement[0] - 1e-12).mean())


def _standard(rows: Vector) -> Vector:
    """Ranks of every row, centred and of length 1, so that their product is Spearman's correlation."""
    ranked = weighted_ranks(rows, np.ones((1, rows.shape[1])))
    ranked = ranked - ranked.mean(axis=1, keepdims=True)
    size = np.linalg.norm(ranked, axis=1, keepdims=True)
    standard: Vector = np.divide(ranked, size, out=np.full_like(ranked, NAN), where=size > 1e-9)
    return standard


def _joint_p(name: str, ranking: "pd.DataFrame", seed: int) -> float:
    """How often the mean agreement over recipients is reached when languages are exchanged in the scores."""
    pairs = label_pairs(
        ranking["donor"].tolist(), ranking["recipient"].tolist(),
        _distance(name, ranking["score"].to_numpy(dtype=float)).tolist(), ranking["wrong"].tolist(), lambda _: "",
    )  # fmt: skip
    labels, _ = label_permutations(pairs.strata, seed)
    agreement = []
    for recipient in np.unique(pairs.recipients):
        chosen = pairs.recipients == recipient
        scores = pairs.distances[labels[:, pairs.donors[chosen]], labels[:, pairs.recipients[chosen]]]
        agreement.append((_standard(scores) * _standard(pairs.errors[chosen][None, :])).sum(axis=1))
    total = _means(np.array(agreement))
    if not np.isfinite(total[0]):
        return NAN
    total = total[np.isfinite(total)]
    return float((total >= total[0] - 1e-12).mean())
