"""The hypotheses of the introduction and the headline: kinship, resources, spelling, cuts and space against errors.

Only models that know their own language are looked at.
"""

from collections.abc import Callable, Mapping
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from nerspace.datasets.languages import LANGUAGES
from nerspace.engine.encoders import load_tokenizer
from nerspace.engine.paper import published
from nerspace.engine.paper.cache import CachedModel
from nerspace.engine.paper.claims import (
    EXCHANGED_LEVEL,
    FAILS,
    HOLDS,
    LEAST_GROUPS,
    OPEN,
    Finding,
    by_interval,
    by_test,
)
from nerspace.engine.paper.models import EVERY, PaperSentences, in_order
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.runs import Run
from nerspace.engine.statistics.correlation import spearman
from nerspace.engine.statistics.factors import factor_table, factor_term_table
from nerspace.engine.statistics.mantel import LanguagePairs, label_permutations, weighted_ranks
from nerspace.engine.statistics.mediation import mediate
from nerspace.engine.statistics.mrqap import both_ways, mrqap
from nerspace.engine.statistics.pairs import pair_table, scripts_of_pairs
from nerspace.engine.statistics.shares import factor_share_table
from nerspace.engine.transfer.causes import cosines_of

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    Square = npt.NDArray[np.float64]

NAN = float("nan")
LEAST_DONORS = 6
EXCHANGES = 9999


def write(
    run: Run, request: PaperRequest, sentences: PaperSentences, models: Mapping[tuple[str, int], CachedModel],
    predictions: "pd.DataFrame", read: "pd.DataFrame", transfer: "pd.DataFrame",
) -> list[Finding]:  # fmt: skip
    """Write `factors`, `factor_terms` and `factor_shares`, and judge the hypotheses and the headline.

    Args:
        run: gets the tables.
        request: its model and seed.
        sentences: that were read.
        models: the vectors before fine-tuning are those of the first.
        predictions: of all models.
        read: the table `sentences`.
        transfer: the table of that name, of models that know their own language.
    """
    vectors = in_order(models[published.DONOR, request.seed].vectors, EVERY)
    points = sentences.points(EVERY)
    cells = points["sentence"].str.partition("/")[2].tolist()
    ids, languages = points["sentence"].tolist(), points["language"].tolist()
    cosines = cosines_of(vectors[max(vectors)], languages, cells, ids) if vectors else {}
    kept = set(zip(transfer["donor"], transfer["seed"], strict=True))
    known = [pair in kept for pair in zip(predictions["donor"], predictions["seed"], strict=True)]
    factors = factor_table(predictions[known], read, load_tokenizer(request.model), cosines)
    terms = factor_term_table(factors, request.seed)
    for name, table in (
        ("factors", factors), ("factor_terms", terms), ("factor_shares", factor_share_table(factors, request.seed)),
    ):  # fmt: skip
        run.write_table(name, table)
    near = mean_cosines(cosines, languages, ids)
    return [
        *over_pairs(transfer, near, request.seed), rich_donors(transfer, request.seed), mediation(factors),
        *impacts(terms),
    ]  # fmt: skip


def mean_cosines(
    cosines: Mapping[tuple[str, str], float], languages: list[str], ids: list[str]
) -> dict[tuple[str, str], float]:
    """(a, b) → the mean over cells of the cosine above its floor, both ways.

    Args:
        cosines: (language, sentence in another) → cosine minus its floor.
        languages: of every sentence [n].
        ids: of every sentence [n].
    """
    language_of = dict(zip(ids, languages, strict=True))
    values: dict[tuple[str, str], list[float]] = {}
    for (code, sentence), value in cosines.items():
        values.setdefault((code, language_of[sentence]), []).append(value)
    return {pair: float(np.mean(found)) for pair, found in values.items()}


def kinship(a: str, b: str) -> float:
    """1 within a branch, 1/2 across branches of Slavic, else 0; of a language without a row, NaN.

    Args:
        a: code.
        b: code.
    """
    if a not in LANGUAGES or b not in LANGUAGES:
        return NAN
    one, other = LANGUAGES[a].family, LANGUAGES[b].family
    if one == other:
        return 1.0
    return 0.5 if one.endswith("Slavic") and other.endswith("Slavic") else 0.0


def over_pairs(transfer: "pd.DataFrame", near: Mapping[tuple[str, str], float], seed: int) -> list[Finding]:
    """The findings on kinship, space and both ways, over pairs of languages.

    Rule: MRQAP by double semi-partialling, effects of donors, recipients and of pairs of two scripts taken out,
    languages exchanged within a script; two-sided at .03. kin_space: cosine before fine-tuning above its floor on
    kinship. space_transfer and kin_transfer: wrong sentences on that cosine and on kinship, their sign turned so that
    the claim is above 0. kin_both_ways: wrong sentences from a to b on those from b to a, over pairs that have both, by
    signs that one direction of each gets by chance.

    Args:
        transfer: the table of that name, of models that know their own language.
        near: (a, b) → cosine above its floor.
        seed: of the exchanges.
    """
    pairs = pair_table(transfer)
    pairs = pairs[pairs["donor"] != pairs["recipient"]]
    errors = {
        (str(d), str(r)): float(value) for d, r, value in pairs[["donor", "recipient", "share"]].itertuples(index=False)
    }
    script_of = scripts_of_pairs(pairs)
    codes = sorted({code for pair in near for code in pair})
    akin = {(a, b): kinship(a, b) for a, b in permutations(sorted({*codes, *(c for p in errors for c in p)}), 2)}
    return [
        _permuted("kin_space", dict(near), akin, 1, script_of, seed),
        _permuted("space_transfer", errors, near, -1, script_of, seed),
        _permuted("kin_transfer", errors, akin, -1, script_of, seed),
        _both_ways(errors, script_of, seed),
    ]  # fmt: skip


def _permuted(
    claim: str, outcome: Mapping[tuple[str, str], float], term: Mapping[tuple[str, str], float], sign: int,
    script_of: Callable[[str], str], seed: int,
) -> Finding:  # fmt: skip
    known = sorted(pair for pair, value in outcome.items() if np.isfinite(value + term.get(pair, NAN)))
    codes = sorted({code for pair in known for code in pair})
    number = {code: place for place, code in enumerate(codes)}
    square = np.full((len(codes),) * 2, NAN)
    for pair in known:
        square[number[pair[0]], number[pair[1]]] = term[pair]
    givers = {donor for donor, _ in known}
    donors, recipients = (np.array([number[pair[side]] for pair in known], dtype=np.intp) for side in (0, 1))
    found = mrqap(
        LanguagePairs(
            donors, recipients, square,
            np.array([outcome[pair] for pair in known]), [(code in givers, script_of(code)) for code in codes],
        ),
        seed,
    )  # fmt: skip
    value, unit = sign * found.partial, f"pairs of {len(codes)} languages"
    verdict = by_test(value, found.p, EXCHANGED_LEVEL)
    return Finding(claim, verdict, value, NAN, NAN, found.p, found.chance, len(known), unit)


def _both_ways(
    errors: Mapping[tuple[str, str], float], script_of: Callable[[str], str], seed: int
) -> Finding:  # fmt: skip
    known = sorted(pair for pair, value in errors.items() if np.isfinite(value + errors.get(pair[::-1], NAN)))
    codes = sorted({code for pair in known for code in pair})
    number = {code: place for place, code in enumerate(codes)}
    donors, recipients = (np.array([number[pair[side]] for pair in known], dtype=np.intp) for side in (0, 1))
    found = both_ways(
        LanguagePairs(
            donors, recipients, np.zeros((len(codes),) * 2), np.array([errors[pair] for pair in known]),
            [(True, script_of(code)) for code in codes],
        ),
        seed, EXCHANGES,
    )  # fmt: skip
    unit = f"pairs of {len(codes)} languages"
    verdict = by_test(found.partial, found.p, EXCHANGED_LEVEL)
    return Finding("kin_both_ways", verdict, found.partial, NAN, NAN, found.p, found.chance, len(known), unit)


def rich_donors(transfer: "pd.DataFrame", seed: int) -> Finding:
    """Whether languages rich in resources transfer better.

    Rule: a donor's effect on the share of wrong sentences, effects of recipients and of pairs of two scripts taken out
    by least squares; minus its Spearman correlation with the donor's text in CC-100. p is two-sided, from all exchanges
    of donors within a script where there are at most 10,000, else 9,999 of them; at least 6 donors. What XLM-R was
    trained on speaks of its family of encoders alone.

    Args:
        transfer: the table of that name, of models that know their own language.
        seed: of the exchanges.
    """
    pairs = pair_table(transfer)
    pairs = pairs[(pairs["donor"] != pairs["recipient"]) & pairs["donor"].isin(published.RESOURCES)]
    donors = sorted(set(pairs["donor"].astype(str)))
    if len(donors) < LEAST_DONORS or pairs["share"].isna().any():
        return Finding("rich_donors", OPEN, NAN, n=len(donors), unit="donors")
    script_of = scripts_of_pairs(pairs)
    effects = _donor_effects(pairs, donors, script_of)
    sizes = np.log([published.RESOURCES[code] for code in donors])
    value = -spearman(sizes, effects)
    orders, _ = label_permutations([script_of(code) for code in donors], seed, ways=EXCHANGES + 1, draws=EXCHANGES)
    ranks = [weighted_ranks(side[None], np.ones((1, len(side))))[0] for side in (sizes, effects)]
    centred = [side - side.mean() for side in ranks]
    drawn = centred[0][orders] @ centred[1]
    p = float((np.abs(drawn) >= abs(drawn[0]) - 1e-9).mean()) if np.isfinite(value) else NAN
    half = float(np.quantile(np.abs(drawn), 0.95) / max(1e-300, float(centred[0] @ centred[0])))
    return Finding("rich_donors", by_test(value, p, EXCHANGED_LEVEL), value, NAN, NAN, p, half, len(donors), "donors")


def _donor_effects(pairs: "pd.DataFrame", donors: list[str], script_of: Callable[[str], str]) -> "Square":
    given, taken = pairs["donor"].to_numpy(dtype=str), pairs["recipient"].to_numpy(dtype=str)
    across = np.array([script_of(a) != script_of(b) for a, b in zip(given, taken, strict=True)], dtype=np.float64)
    columns = np.column_stack([
        given[:, None] == np.array(donors)[None, :], taken[:, None] == np.unique(taken)[None, :], across
    ]).astype(np.float64)  # fmt: skip
    fitted = np.linalg.lstsq(columns, pairs["share"].to_numpy(dtype=np.float64), rcond=None)[0]
    found: Square = fitted[: len(donors)]
    return found


def mediation(factors: "pd.DataFrame") -> Finding:
    """Whether nearer spelling means more alike cuts and these fewer errors.

    Rule: the pieces that a form has more than the donor's on its TNLD, and wrong sentences on these pieces with TNLD
    held, within pair of languages and cell; it holds if both 95 % intervals, clustered by name and by context, lie
    above 0, and does not hold if one does and the other lies below.

    Args:
        factors: the table of that name.
    """
    found = mediate(factors)
    groups = min(found.cuts.groups, found.errors.groups)
    signs = [by_interval(link.low, link.high, 0.0, groups, LEAST_GROUPS) for link in (found.cuts, found.errors)]
    verdict = HOLDS if signs == [HOLDS, HOLDS] else FAILS if set(signs) == {HOLDS, FAILS} else OPEN
    remark = ""
    if np.isfinite(found.through):
        remark = f"{found.cuts.value / 10:+z.2f} pieces per .1 TNLD; {100 * found.errors.value:+z.1f} points per piece."
    return Finding(
        "mediation", verdict, 10 * found.through, p=found.p, floor=0.0, n=len(factors), unit="sentences", remark=remark
    )


def impacts(terms: "pd.DataFrame") -> list[Finding]:
    """The headline: what spelling, cuts and space each are worth, the others held.

    Rule: of `factor_terms`, model together, the effect of each term; it holds if the 95 % interval lies above 0 (what
    makes forms less alike makes more sentences wrong), and does not hold if it lies below.

    Args:
        terms: the table `factor_terms`.
    """
    together = terms[terms["model"] == "together"].set_index("term")
    findings = []
    for claim, term in (("impact_spelling", "tnld"), ("impact_cuts", "pieces"), ("impact_space", "cosine")):
        if term not in together.index:
            findings.append(Finding(claim, OPEN, NAN, unit="sentences"))
            continue
        row = together.loc[[term]].iloc[0]
        value, low, high, p = (float(row[name]) for name in ("effect", "low", "high", "p"))
        groups = min(int(row["names"]), int(row["contexts"]))
        verdict = by_interval(low, high, 0.0, groups, LEAST_GROUPS)
        findings.append(Finding(claim, verdict, value, low, high, p, 0.0, int(row["n"]), "sentences"))
    return findings
