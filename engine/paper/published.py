"""What the paper did, the numbers it states and the claims it makes.

Source: "Exploring Contextual Embedding Spaces in Multilingual Models". Where the text leaves something open, the
interpretation that is taken here is stated in `OPEN`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

TITLE = "Exploring Contextual Embedding Spaces in Multilingual Models"

# Sentences by type. The test part and LOC and ORG of the training part follow from the contexts that have a slot in all
# eleven languages, cut 80 to 20; PER is what is left of the stated sums, 8,534 and 1,613.
TRAIN = {"PER": 6082, "LOC": 1580, "ORG": 872}
TEST = {"PER": 1000, "LOC": 395, "ORG": 218}
CONTEXTS = 100
PERPLEXITY = 70.0
PROBE_EVERY = 50
EPOCHS = 1
DONOR = "en"
FOUR = ("be", "en", "ru", "tr")
SIX = ("pl", "tr", "ru", "uk", "es", "en")
APART, TOGETHER = ("ru", "uk"), ("pl", "tr", "es", "en")
# English and Russian are rich, Belarusian and Turkish poor.
RICH_PAIR = ("en", "ru")
MIXED_PAIRS = (("be", "en"), ("be", "ru"), ("en", "tr"), ("ru", "tr"))
NAME = "washington"
# In how many pieces the paper shows its name, in XLM-R's vocabulary.
CUTS: Mapping[str, str] = {
    "Washington": "▁Washington", "Вашингтон": "▁Вашингтон", "Вашынгтон": "▁Ва ш ы н г т о н",
    "Vaşington": "▁Va ş ington",
}  # fmt: skip
XLMR_PIECES = 250_002
# Organisations that the paper sees between places and organisations.
BORDER = ("Swansea City", "Chicago Bulls")
# GiB of text that XLM-R was trained on. Source: Conneau et al. 2020, CC-100.
RESOURCES: Mapping[str, float] = {
    "be": 4.3, "bg": 57.5, "ca": 10.1, "cs": 16.3, "en": 300.8, "es": 53.3, "pl": 44.6, "ru": 278.0, "sl": 10.3,
    "tr": 20.9, "uk": 84.6,
}  # fmt: skip

POSSIBLE = {"PER": 20_646_346, "LOC": 3_047_088, "ORG": 362_876}
COSINES: Mapping[tuple[str, str], float] = {
    ("be", "en"): 0.8457, ("be", "ru"): 0.9159, ("be", "tr"): 0.8329,
    ("en", "ru"): 0.8840, ("en", "tr"): 0.9372, ("ru", "tr"): 0.8306,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One table or figure of the paper.

    Attributes:
        title: its heading.
        shows: what it shows.
        tables: those that answer it here.
    """

    title: str
    shows: str
    tables: tuple[str, ...]


ITEMS: Mapping[str, Item] = {
    "table1": Item(
        "Table 1", "possible and valid sentences by type", ("paper_table1",),
    ),
    "figure1": Item(
        "Figure 1", "the map of one ambiguous name, PER and LOC, in be en ru tr", ("paper_figure1", "paper_maps"),
    ),
    "table2": Item(
        "Table 2", "parallel cosines of one ambiguous name in be en ru tr; here of every such name", ("paper_table2",),
    ),
    "figure2": Item(
        "Figure 2", "maps of be en ru tr, initial and output layer, before and after fine-tuning on English",
        ("groups", "paper_clubs", "paper_figure2", "paper_maps"),
    ),
    "figure3": Item(
        "Figure 3", "change of the mean cosine of pl tr ru uk es en while each is trained on", ("deltas",),
    ),
    "figure4": Item(
        "Figure 4", "correlation of those changes between languages", ("paper_figure4",),
    ),
    "figure5": Item(
        "Figure 5", "errors against spelling distance (TNLD) over all pairs of donor and recipient",
        ("correlations", "transfer_pairs", "transfer", "factor_terms", "donor_order"),
    ),
}  # fmt: skip

OPEN = (
    "Training and test sentences by type: LOC and ORG follow from the contexts and the 80/20 split, PER is the rest of "
    "the stated 8,534 and 1,613.",
    "Each context is used once, with one name, where there are enough contexts, as in the paper; else a context comes "
    "again with another name.",
    "Names that read the same in two types are kept out of every training part, so that Figures 1 and 2 and Table 2 "
    "ask about names that no model has seen.",
    "Figure 2 does not name its four languages: be en ru tr are taken, as in Figure 1.",
    "Figure 3 takes the language that a model is trained on; Figure 4 correlates these six series, and beside them the "
    "six languages within each model.",
)
