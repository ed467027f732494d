"""Made-up worlds whose truth is known: errors of donors in recipients, to see how often a verdict is wrong."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd

from nerspace import datasets
from nerspace.datasets.languages import LANGUAGES, script_of
from nerspace.engine.names.distances import tnld_table

CODES = tuple(LANGUAGES)
SENTENCES = 120
# Truths in which spelling has no effect, and those in which it has: more wrong sentences per unit of TNLD.
NULLS = ("languages", "cyrillic", "across", "one_hard", "donors")
SLOPES = {"slope .25": 0.25, "slope .80": 0.80}


@cache
def spelling() -> pd.DataFrame:
    """TNLD of the built-in names, codes by codes, rounded so that it does not hang on single names."""
    table = tnld_table(datasets.load_parallel("builtin").entities)
    whole = table[(table["type"] == "all") & (table["subset"] == "all")]
    square = pd.DataFrame(0.0, index=list(CODES), columns=list(CODES))
    for a, b, value in whole[["a", "b", "tnld"]].itertuples(index=False):
        square.loc[a, b] = square.loc[b, a] = round(value, 2)
    return square


def transfer(truth: str, generator: np.random.Generator, donors: Sequence[str] = CODES) -> pd.DataFrame:
    """The table `transfer` of a world; errors of the sentences with different strings are among its columns.

    languages: donors and recipients differ. cyrillic: recipients in Cyrillic are harder by .15 besides. across: pairs
    across scripts are. one_hard: one recipient is, by .35. donors: one donor is worse everywhere, by .35.
    """
    square = spelling()
    give = dict(zip(CODES, generator.normal(0, 0.05, len(CODES)), strict=True))
    take = dict(zip(CODES, generator.normal(0, 0.06, len(CODES)), strict=True))
    hard = CODES[generator.integers(len(CODES))]
    rows = []
    for donor in donors:
        for recipient in CODES:
            apart, other = square.loc[donor, recipient], script_of(donor) != script_of(recipient)
            share = 0.2 + give[donor] + take[recipient] + generator.normal(0, 0.03)
            share += 0.15 * (truth == "cyrillic" and script_of(recipient) == "Cyrillic")
            share += 0.15 * (truth == "across" and other) + 0.35 * (truth == "one_hard" and recipient == hard)
            share += 0.35 * (truth == "donors" and donor == hard) + SLOPES.get(truth, 0.0) * (apart - 0.2)
            share = float(np.clip(share, 0.01, 0.99))
            same = 0 if other or donor == recipient else round(SENTENCES * max(0.0, 0.8 - 4 * apart))
            wrong = [int(generator.binomial(n, share)) for n in (same, SENTENCES - same)]
            rows.append(
                (donor, recipient, 0, SENTENCES, sum(wrong), 0.5, apart, "across" if other else "same",
                 apart * SENTENCES / max(1, SENTENCES - same), same / SENTENCES, np.nan, np.nan, apart,
                 SENTENCES - same, wrong[1])
            )  # fmt: skip
    columns = ["donor", "recipient", "seed", "sentences", "wrong", "f1", "tnld", "script", "tnld_different",
               "identical", "low", "high", "tnld_read", "sentences_different", "wrong_different"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def crossed(
    generator: np.random.Generator, names: int, contexts: int, cells: int, level: float, spread: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Wrong or not, of sentences whose names and contexts are each hard or easy by themselves.

    Returns:
        wrong [cells], the name and the context of each, and the true share over all names and contexts.
    """

    def share(of_name: np.ndarray, of_context: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-(np.log(level / (1 - level)) + of_name + of_context)))

    many = generator.normal(0, spread, (2, 20_000))
    truth = float(share(*many).mean())
    hard_names, hard_contexts = generator.normal(0, spread, names), generator.normal(0, spread, contexts)
    name, context = generator.integers(0, names, cells), generator.integers(0, contexts, cells)
    wrong = generator.random(cells) < share(hard_names[name], hard_contexts[context])
    return wrong.astype(float), name, context, truth
