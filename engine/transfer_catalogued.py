"""The tables of transfer, donor advice and the swap lab, as the catalogue names and explains them."""

from nerspace.engine.tablespec import LANGUAGE, TableSpec

_DONOR = "language trained on"
_RECIPIENT = "language tested on"
_RANKING = "tnld, piece_overlap, cka (before fine-tuning) or script (the recipient's own first)"

TRANSFER_TABLES = (
    TableSpec(
        "transfer",
        "Zero-shot errors per donor, recipient and seed, beside their spelling distance.",
        "engine.transfer:transfer_table",
        {
            "donor": _DONOR,
            "recipient": _RECIPIENT,
            "seed": "seed of the fine-tuning",
            "sentences": "test sentences",
            "wrong": "sentences with any wrong tag",
            "f1": "strict entity F1",
            "tnld": "mean TNLD between donor and recipient, over the test entities",
            "script": "same, or across: donor and recipient are written in different scripts",
            "tnld_different": "mean TNLD without the names that are the same string in both",
            "identical": "share of names that are the same string in both",
        },
        "scatter",
    ),
    TableSpec(
        "transfer_pairs",
        "Zero-shot errors per donor and recipient, means over seeds with their spread.",
        "engine.transfer:pair_table",
        {
            "donor": _DONOR,
            "recipient": _RECIPIENT,
            "seeds": "fine-tunings",
            "sentences": "test sentences",
            "wrong": "sentences with any wrong tag, mean over seeds",
            "share": "wrong over sentences, mean over seeds",
            "share_sd": "standard deviation of the share over seeds; empty for one seed",
            "f1": "strict entity F1, mean over seeds",
            "tnld": "mean TNLD between donor and recipient",
            "tnld_different": "the same without names that are the same string",
            "identical": "share of names that are the same string in both",
        },
        "scatter",
    ),
    TableSpec(
        "correlations",
        "How errors go with spelling distance; pairs share languages, so languages are exchanged and drawn, not pairs.",
        "engine.statistics:correlation_table",
        {
            "subset": "all; same_script, and latin and cyrillic where both have donors; across scripts; different: all "
            "pairs by TNLD without identical strings",
            "statistic": "pearson or spearman",
            "n": "donor and recipient pairs; errors are means over seeds",
            "value": "the correlation of the share of wrong sentences with TNLD",
            "low": "2.5 % bound, bootstrap over languages (donors among donors, others among others; in the subsets by "
            "script also within a script)",
            "high": "97.5 % bound",
            "p": "two-sided permutation p; languages are exchanged within the same strata",
            "chance": "the size of correlation that 95 % of these permutations stay below",
            "test": "mantel (several donors) or shuffle (one donor: of its recipients); empty below 4 pairs",
            "permutations": "how many were looked at, the unchanged one among them",
            "exact": "1 if these are all there are, else 0",
            "languages": "languages in the subset: what really was sampled",
            "seeds": "seeds with all of these pairs",
            "seed_sd": "standard deviation of the correlation over single seeds; empty for one seed",
        },
    ),
    TableSpec(
        "piece_overlap",
        "How many pieces two languages share in the same test sentences.",
        "engine.advice:piece_overlap_table",
        {
            "a": LANGUAGE,
            "b": LANGUAGE,
            "n": "different pieces that either language uses",
            "shared": "pieces that both use",
            "overlap": "shared over n (Jaccard)",
        },
        "heatmap",
    ),
    TableSpec(
        "advice",
        "For every recipient its donors in the order of each ranking, beside the errors they made.",
        "engine.advice:advice_table",
        {
            "recipient": _RECIPIENT,
            "donor": _DONOR,
            "ranking": _RANKING,
            "rank": "1 for the donor that is advised first; equal scores share their mean rank",
            "score": "TNLD, overlap, CKA, or 1 for the same script",
            "wrong": "wrong sentences measured, mean over seeds",
            "wrong_rank": "1 for the donor with the fewest",
            "sentences": "test sentences",
            "seeds": "fine-tunings",
        },
    ),
    TableSpec(
        "advice_quality",
        "How well each ranking of donors foresaw the measured errors, and what following it costs.",
        "engine.advice:advice_quality_table",
        {
            "ranking": _RANKING,
            "recipient": f"{_RECIPIENT}, or all: means over recipients",
            "n": "donors ranked; for all, donor and recipient pairs",
            "kendall": "tau-b between ranking and measured errors, 1 for the same order, about 0 by chance",
            "spearman": "the same as a rank correlation",
            "p": "one-sided permutation p of spearman; for all, languages are exchanged in the scores",
            "regret": "wrong sentences of the donor advised first less those of the best donor",
            "chance": "the regret of a donor drawn at random",
            "sentences": "test sentences",
            "seeds": "fine-tunings",
        },
    ),
)
