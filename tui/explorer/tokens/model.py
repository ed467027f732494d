"""What the tokens screen computes: the names of a corpus, the subwords of their forms and of what is typed."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nerspace.datasets.records import Entity
from nerspace.datasets.spelling import composed
from nerspace.tui.colours import language_order
from nerspace.tui.explorer.session import Session
from nerspace.tui.literal import literal, safe_name
from nerspace.tui.widgets.pieces import Cut
from nerspace.tui.widgets.rows import Cell, Column, FrameRows, Rows, Shown

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets.synthetic import SyntheticNER

_COLUMNS = {
    "entity": "entity id", "case": "case of the form", "language": "ISO 639-1 code", "form": "the form",
    "pieces": "pieces, joined by a space", "count": "number of pieces", "fertility": "pieces per word",
    "reference": "language that TNLD compares to",
    "tnld": "normalised spelling distance to the reference form, after transliteration",
}  # fmt: skip


class NameRows(Rows):
    """Names in one language, with their types."""

    columns: Sequence[Column] = (Column("type", fixed=True), Column("name", at_most=60), Column("entity"))

    def __init__(self, entities: Sequence[Entity], language: str) -> None:
        self.entities = entities
        self.language = language

    def __len__(self) -> int:
        return len(self.entities)

    def cells(self, index: int) -> Sequence[Cell]:
        """Type, nominative form (else the first there is) and id."""
        entity = self.entities[index]
        return [literal(entity.type), literal(_first_forms(entity).get(self.language, "–")), literal(entity.id)]

    def raw(self, numbers: Sequence[int]) -> "pd.DataFrame":
        """Type, form and id; a language that lacks the name leaves it empty."""
        import pandas as pd

        entities = [self.entities[number] for number in numbers]
        records = [(e.type, _first_forms(e).get(self.language, ""), e.id) for e in entities]
        return pd.DataFrame(records, columns=["type", "name", "entity"])

    def key(self, index: int) -> Hashable:
        """The entity."""
        return self.entities[index].id


def _first_forms(entity: Entity) -> Mapping[str, str]:
    """The nominative forms by language, else those of the first case there is."""
    return entity.forms.get("nominative") or next(iter(entity.forms.values()))


def case_of(entity: Entity, wanted: str) -> str:
    """The wanted case if the name has it, else the first that it has."""
    return wanted if wanted in entity.forms else next(iter(entity.forms))


def cut_forms(session: Session, corpus: "SyntheticNER", forms: Mapping[str, str], reference: str) -> list[Cut]:
    """The subwords of the forms of a name, language by language, with their distances to that of the reference.

    Raises:
        NerspaceError: if there is no tokenizer.
    """
    from nerspace.engine.names.distances import tnld
    from nerspace.engine.names.tokenization import form_fertility

    codes = language_order([code for code in corpus.languages if code in forms])
    about = forms.get(reference)
    return [
        Cut(
            code, forms[code], tuple(pieces),
            None if code == reference or about is None else tnld(about, forms[code]),
            form_fertility(forms[code], pieces),
        )
        for code, pieces in zip(codes, session.cut([forms[code] for code in codes]), strict=True)
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Typed:
    """What is typed, its subwords, and its TNLD to a form, None without one."""

    text: str
    pieces: list[str]
    distance: float | None


def cut_typed(session: Session, text: str, about: str) -> Typed:
    """Cut what is typed.

    Args:
        about: the form that its distance is taken to, empty for none.

    Raises:
        NerspaceError: if there is no tokenizer.
    """
    from nerspace.engine.names.distances import tnld

    text = composed(text)
    pieces = session.cut([text])[0] if text.strip() else []
    return Typed(text, pieces, tnld(about, text.strip()) if about else None)


def cuts_shown(entity: Entity, case: str, reference: str, cuts: Sequence[Cut]) -> Shown:
    """The subwords of a name as a table."""
    import pandas as pd

    records = [
        (entity.id, case, cut.language, cut.form, " ".join(cut.pieces), len(cut.pieces), cut.fertility, reference,
         cut.distance)
        for cut in cuts
    ]  # fmt: skip
    name = f"pieces_{safe_name(entity.id)}"
    return Shown(name, FrameRows(pd.DataFrame(records, columns=list(_COLUMNS))), _COLUMNS)
