"""Sentences as the tables of a run name them: which are parallel, and the name that stands in each."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from nerspace.datasets.naming import SPLITS, UNSPLIT

if TYPE_CHECKING:
    import pandas as pd


# A sentence as it is, among those in which one thing was changed.
OWN = "own"


class Cell(NamedTuple):
    """What the id of a sentence says.

    Attributes:
        language: its code.
        context: id; of a sentence that came tagged, its split.
        entity: id; of a sentence that came tagged, its number.
    """

    language: str
    context: str
    entity: str


def cell_of(sentence: str) -> Cell:
    """The cell of a sentence's id, language/context/entity; another id is a context and a name of its own."""
    parts = sentence.split("/", 2)
    return Cell(*parts) if len(parts) == 3 and all(parts) else Cell(parts[0], sentence, sentence)


def clusters_of(sentences: Iterable[object]) -> tuple[list[str], list[str]]:
    """Name and context of each sentence by its id, [n] and [n]: what sentences may share.

    A sentence that came tagged, whose id tells its split and number, is a name and a context of its own.
    """
    names, contexts = [], []
    for sentence in map(str, sentences):
        cell = cell_of(sentence)
        if cell.entity.isdigit() and (cell.context in SPLITS or cell.context == UNSPLIT):
            names.append(sentence)
            contexts.append(sentence)
        else:
            names.append(cell.entity)
            contexts.append(cell.context)
    return names, contexts


def parallel_id(donor: str, cell: Cell) -> str:
    """The id of the sentence of the same cell in another language."""
    return f"{donor}/{cell.context}/{cell.entity}"


def forms_of(sentences: "pd.DataFrame") -> dict[str, str]:
    """Sentence id → the name as it stands there; sentences without one are left out.

    Args:
        sentences: the table of that name.
    """
    known = sentences[sentences["form"].notna() & (sentences["form"] != "")]
    return dict(zip(known["sentence"].astype(str), known["form"].astype(str), strict=True))
