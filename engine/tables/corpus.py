"""The table of a corpus that the data floor counts, entered in the catalogue here: that floor knows no catalogue."""

from typing import TYPE_CHECKING

from nerspace.engine.tables.spec import TYPE, TableSpec, integer, text

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets import SyntheticNER

COUNTS = TableSpec(
    "counts",
    "How many sentences a corpus can make, and how many of them keep gender and case.",
    {
        "corpus": text("name or path of the corpus"),
        "type": text(TYPE),
        "case": text("case that the slot asks for"),
        "contexts": integer("contexts with that slot in some language"),
        "names": integer("names that have that form"),
        "possible": integer("all names times all contexts"),
        "valid": integer("those where the name's gender fits the slot"),
        "languages": text("languages in which this type has contexts and names of this case"),
        "refused": integer("contexts that make no sentence: their slots differ, or a language is missing"),
        "twice": integer("contexts with several slots, all filled with the same name"),
        "duplicates": integer("contexts that read like an earlier one in every language"),
    },
)


@COUNTS.made_by
def counts_table(corpus: "SyntheticNER") -> "pd.DataFrame":
    """The table `counts`; see `datasets.counting`."""
    return COUNTS.checked(corpus.counts())
